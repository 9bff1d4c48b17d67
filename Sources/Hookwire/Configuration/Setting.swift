// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// One thing that can be configured: its name and what its text means.
struct Setting<Value: Sendable>: Sendable {
    /// The name as in `--name`, `HOOKWIRE_NAME` and `name:`; words are joined by hyphens.
    let name: String
    /// What its value must be, to end the sentence "… must be".
    let expectation: String
    /// Whether its text may hold a secret, so that no error repeats it. Of others, none repeats a text with an @.
    var isSecret = false
    /// Whether the command line has it; what must never be in the process list has none.
    var hasFlag = true
    /// What it is, in a sentence, where no flag's help says so.
    var meaning: String?
    /// Reads a value; nil where the text is none.
    let parse: @Sendable (String) -> Value?

    /// The environment variable of the same meaning.
    var environmentName: String {
        "HOOKWIRE_" + self.name.uppercased().replacing("-", with: "_")
    }

    /// The setting of the path of a file that has the value, for those that are secrets.
    var fileName: String { self.name + "-file" }

    /// All that it can be given by, to begin a sentence.
    var spellings: String {
        let spellings = ["\(self.environmentName)"] + (self.isSecret ? ["\(self.environmentName)_FILE"] : [])
        let others = "\(spellings.joined(separator: ", ")), or \(self.name): in the file"
        return self.hasFlag ? "--\(self.name) (\(others))" : others
    }
}

extension Setting<Int> {
    /// A whole number within bounds.
    static func number(_ name: String, in range: ClosedRange<Int>) -> Setting {
        Setting(name: name, expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes within bounds, with a unit or without: `1MiB`, `65536`.
    static func bytes(_ name: String, in range: ClosedRange<Int>) -> Setting {
        Setting(
            name: name,
            expectation: "a size from \(ByteCountText.format(range.lowerBound)) to "
                + "\(ByteCountText.format(range.upperBound)), such as 64KiB or 1MiB"
        ) { text in
            ByteCountText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Setting<String> {
    /// Any text but none.
    static func text(_ name: String) -> Setting {
        Setting(name: name, expectation: "some text") { $0.isEmpty ? nil : $0 }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    static func choice(_ name: String) -> Setting {
        let words = Value.allCases.map(\.rawValue)
        return Setting(name: name, expectation: "one of \(words.joined(separator: ", "))") { Value(rawValue: $0) }
    }
}
