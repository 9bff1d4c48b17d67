// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The languages in which a diagnosis is told.
enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"

    /// The language of an environment, by the order that POSIX gives its variables (IEEE 1003.1, section 8.2).
    init(environment: (String) -> String?) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment($0) }.first { !$0.isEmpty }
        self = locale?.lowercased().hasPrefix("zh") ?? false ? .chinese : .english
    }
}

/// One text in each language.
struct Wording: Sendable, Equatable {
    var english: String
    var chinese: String

    init(_ english: String, _ chinese: String) {
        self.english = english
        self.chinese = chinese
    }

    subscript(language: Language) -> String {
        switch language {
        case .english: self.english
        case .chinese: self.chinese
        }
    }
}
