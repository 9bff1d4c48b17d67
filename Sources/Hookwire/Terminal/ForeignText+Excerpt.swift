// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension ForeignText {
    /// The beginning of a text on one line, with one space where there was any white space.
    ///
    /// - Parameter limit: how many characters there are at most.
    static func excerpt(_ text: some StringProtocol, limit: Int = 200) -> String {
        // Looked at before it is split: it may be long.
        let words = text.prefix(limit * 4).split { $0.isWhitespace }
        return self.line(words.joined(separator: " "), limit: limit)
    }

    /// All of a text, its lines as they are.
    static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { self.line(String($0)) }
            .joined(separator: "\n")
    }
}
