// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Yams

extension FaultLog {
    /// What Yams says of a text that is no YAML. It quotes nothing of the text, which may be a secret.
    mutating func yaml(_ error: any Error, text: String) {
        let mend = "check the indentation, with spaces only, and put texts with : or # into quotes."
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            self.error(mark.line, "This is no YAML (\(problem), column \(mark.column)); \(mend)")
        case YamlError.reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            self.error(line, "This is no YAML (\(problem)); remove control characters and save the file as UTF-8.")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            for key in keys { self.duplicate(key, from: context.mark, text: text) }
        default:
            self.error(nil, "This is no YAML; \(mend)")
        }
    }

    /// A key that a mapping has twice: Yams knows where one of them is, and the other is of the same indentation.
    private mutating func duplicate(_ key: String, from mark: Mark, text: String) {
        let indent = String(repeating: " ", count: max(mark.column - 1, 0))
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let spellings = [key, "\"\(key)\"", "'\(key)'"].map { indent + $0 }
        let places = lines.indices.filter { index in
            spellings.contains { spelling in
                lines[index].hasPrefix(spelling)
                    && lines[index].dropFirst(spelling.count).drop(while: { $0 == " " }).hasPrefix(":")
            }
        }.map { $0 + 1 }
        // The nearest to the one that is known belong to the same mapping.
        let later = places.first { $0 > mark.line }
        let earlier = places.last { $0 < mark.line }
        let (first, second) = later.map { (mark.line, $0) } ?? (earlier ?? mark.line, mark.line)
        let subject = BotRule.isWord(key) ? Self.quote(key) : "This key"
        self.error(second, "\(subject) is here twice, first on line \(first); rename or remove one.")
    }
}
