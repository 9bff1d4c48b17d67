// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Collects what is wrong in a file while it is read.
struct FaultLog {
    let file: String
    private(set) var faults: [BotFileFault] = []

    init(file: String) {
        self.file = file
    }

    /// How many of them keep the file from being taken over.
    var errorCount: Int { self.faults.count { $0.severity == .error } }

    mutating func error(_ line: Int?, _ sentence: String, mayPass: Bool = false) {
        self.faults.append(
            BotFileFault(severity: .error, file: self.file, line: line, sentence: sentence, mayPass: mayPass)
        )
    }

    mutating func warn(_ line: Int?, _ sentence: String) {
        self.faults.append(BotFileFault(severity: .warning, file: self.file, line: line, sentence: sentence))
    }

    /// Text of the file in a sentence: short, and without what a terminal would obey.
    static func quote(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars.prefix(80) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return "\"\(quoted)\(text.unicodeScalars.count > 80 ? "…" : "")\""
    }
}
