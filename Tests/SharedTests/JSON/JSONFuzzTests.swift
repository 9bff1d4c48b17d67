// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SeededRandom
import Shared
import Testing

/// Random documents, whole and damaged, against Foundation's parser.
@Suite struct JSONFuzzTests {
    private static let time = Duration.seconds(1)

    /// Both accept and refuse the same texts of valid UTF-8, and agree on what a member is. There are three known
    /// differences, and nothing else may differ: RFC 8259's grammar allows escaped surrogates without a partner and
    /// numbers that no `Double` holds, which Foundation refuses; and it does not allow a comma after the last member or
    /// element, which Foundation accepts.
    @Test func againstFoundation() throws {
        var random = SeededRandom(for: "JSONFuzzTests.againstFoundation")
        let end = ContinuousClock.now + Self.time
        var counts = (accepted: 0, refused: 0, knownDifferences: 0)
        while ContinuousClock.now < end {
            var text = Array(JSONGenerator.object(&random, depth: 0).utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) { JSONGenerator.damage(&text, &random) }
            // Foundation takes a text with a zero in its first four bytes for UTF-16 or UTF-32.
            guard let string = String(validating: text, as: UTF8.self), !text.prefix(4).contains(0) else { continue }
            let ours = jsonError(text)
            let theirs = self.foundation(string)
            switch (ours, theirs) {
            case (nil, let theirs?):
                counts.accepted += 1
                try self.compareMembers(text, theirs)
            case (_?, nil):
                counts.refused += 1
            case (nil, nil):
                counts.knownDifferences += 1
                let plain = self.withPlainEscapesAndExponents(string)
                #expect(self.foundation(plain) != nil, "seed \(random.seed), \(string.debugDescription)")
            case (let error?, _?):
                counts.knownDifferences += 1
                let before = text.prefix(error.offset).last { !Array(" \n\r\t".utf8).contains($0) }
                let bracket = error.reason == .expectedName ? UInt8(ascii: "}") : UInt8(ascii: "]")
                let isTrailingComma =
                    [.expectedName, .expectedValue].contains(error.reason) && text[error.offset] == bracket
                    && before == UInt8(ascii: ",")
                #expect(isTrailingComma, "seed \(random.seed), \(string.debugDescription): \(error)")
            }
        }
        print("JSONFuzzTests.againstFoundation: \(counts)")
        #expect(counts.accepted > 100)
        #expect(counts.refused > 100)
    }

    private func foundation(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }

    private func withPlainEscapesAndExponents(_ text: String) -> String {
        text.replacing(#/\\u[0-9a-fA-F]{4}/#, with: "\\u0041")
            .replacing(#/([eE][-+]?)[0-9]+/#) { "\($0.output.1)1" }
    }

    private func compareMembers(_ text: [UInt8], _ theirs: [String: Any]) throws {
        for (name, value) in theirs.prefix(8) {
            // Foundation keeps one of several members of a name; we refuse to choose.
            guard jsonError(text, [name]) == nil else { continue }
            try withJSONView(text, [name]) { view in
                let ours = try #require(view[index: 0], "the member \(name.debugDescription)")
                switch ours.kind {
                case .string: #expect(ours.string == value as? String)
                case .number: if let integer = ours.integer { #expect(integer == (value as? NSNumber)?.int64Value) }
                case .boolean: #expect(ours.boolean == value as? Bool)
                case .null: #expect(value is NSNull)
                case .object: #expect(value is [String: Any])
                case .array: #expect(value is [Any])
                }
            }
        }
    }

    /// Whatever the bytes, the answer is a view or an error at a place inside the text, and no trap.
    @Test func anyBytes() throws {
        var random = SeededRandom(for: "JSONFuzzTests.anyBytes")
        let names = ["op", "id", "t", "d", "a"]
        let end = ContinuousClock.now + Self.time
        while ContinuousClock.now < end {
            var text = Array(JSONGenerator.object(&random, depth: 0).utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                guard !text.isEmpty else { break }
                text[Int.random(in: 0..<text.count, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            if let error = jsonError(text, names) {
                #expect((0...text.count).contains(error.offset), "seed \(random.seed)")
                continue
            }
            try withJSONView(text, names) { view in
                for index in names.indices {
                    guard let value = view[index: index] else { continue }
                    #expect(Array(value.raw) == Array(text[value.range]))
                    _ = value.string
                    _ = value.integer
                    value.forEachElement { $0.range.upperBound <= value.range.upperBound }
                }
            }
        }
    }
}

/// Makes JSON texts with all that the grammar has, and damages them where it hurts.
private enum JSONGenerator {
    static func object(_ random: inout SeededRandom, depth: Int) -> String {
        let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            self.space(&random) + self.name(&random) + self.space(&random) + ":" + self.value(&random, depth: depth)
        }
        return "{" + (members.isEmpty ? self.space(&random) : members.joined(separator: ",")) + "}"
    }

    private static func value(_ random: inout SeededRandom, depth: Int) -> String {
        let value =
            switch Int.random(in: 0..<(depth < 5 ? 9 : 7), using: &random) {
            case 0: "true"
            case 1: "false"
            case 2: "null"
            case 3: self.number(&random)
            case 4: "\(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random))"
            case 5, 6: self.string(&random)
            case 7: self.array(&random, depth: depth + 1)
            default: self.object(&random, depth: depth + 1)
            }
        return self.space(&random) + value + self.space(&random)
    }

    private static func array(_ random: inout SeededRandom, depth: Int) -> String {
        let elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in self.value(&random, depth: depth) }
        return "[" + elements.joined(separator: ",") + "]"
    }

    private static func name(_ random: inout SeededRandom) -> String {
        let names = [#""op""#, #""id""#, #""t""#, #""d""#, #""a""#, #""\u006fp""#, #""i\u0064""#]
        return Bool.random(using: &random) ? names.randomElement(using: &random)! : self.string(&random)
    }

    private static func number(_ random: inout SeededRandom) -> String {
        let parts = [["", "-"], ["0", "1", "12", "907"], ["", ".0", ".25"], ["", "e1", "E+2", "e-0"]]
        return parts.map { $0.randomElement(using: &random)! }.joined()
    }

    private static func string(_ random: inout SeededRandom) -> String {
        let pieces = [
            "a", "bc", " ", "0123456789abcdef", "é", "哦一下", "😀", "\u{7F}", "/", "'", "{", "]", ",", #"\""#, #"\\"#,
            #"\/"#,
            #"\b"#, #"\f"#, #"\n"#, #"\r"#, #"\t"#, #"\u0041"#, #"\u00e9"#, #"\uD83D\uDE00"#, #"\u0000"#,
        ]
        let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }
        return "\"" + text.joined() + "\""
    }

    private static func space(_ random: inout SeededRandom) -> String {
        ["", "", "", " ", "\n\t", "\r"].randomElement(using: &random)!
    }

    static func damage(_ text: inout [UInt8], _ random: inout SeededRandom) {
        guard !text.isEmpty else { return }
        let place = Int.random(in: 0..<text.count, using: &random)
        let bytes = Array("{}[]\":,\\ \n\t0123456789+-.eEtfnu/'aA".utf8) + [0x00, 0x01, 0x0B, 0x1F, 0x7F]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text[place] = bytes.randomElement(using: &random)!
        case 1: text.insert(bytes.randomElement(using: &random)!, at: place)
        case 2: text.remove(at: place)
        case 3: text.swapAt(place, Int.random(in: 0..<text.count, using: &random))
        default: text.removeLast(text.count - place)
        }
    }
}
