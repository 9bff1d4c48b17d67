// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Shared
import Testing

/// Values at paths, in one pass.
@Suite struct JSONPathSearchTests {
    private func search(_ text: String, _ paths: [String]...) throws -> [String?] {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try JSONPathSearch.values(at: paths.map { JSONPath($0) }, in: bytes)
                .map { $0.map { String(decoding: $0.raw, as: UTF8.self) } }
        }
    }

    /// Each path has its own value, however they share their way; one that ends on the way of another has the whole.
    @Test func paths() throws {
        let text = #" {"a":{"b":{"c":1,"d":[{"c":2}]},"e":"x"},"b":{"c":3},"\u0061b":true} "#
        let found = try self.search(
            text,
            ["a", "b", "c"],
            ["a", "e"],
            ["b", "c"],
            ["c"],
            ["a", "b"],
            ["ab"],
            ["b", "c", "d"],
            ["a", "b", "c"]
        )
        #expect(found == ["1", #""x""#, "3", nil, #"{"c":1,"d":[{"c":2}]}"#, "true", nil, "1"])
        #expect(try self.search("{}", ["a"]) == [nil])
        #expect(try self.search(#"{"a":1}"#) == [])
    }

    /// What is no object, not whole, or says twice what is asked for has no values.
    @Test(arguments: [
        ("", JSONError.Reason.notAnObject), ("[1]", .notAnObject), ("{", .truncated), (#"{"a":{"b":1}"#, .truncated),
        (#"{"a":{"b":1}} 2"#, .trailingBytes), (#"{"a":{"b":1,}}"#, .expectedName),
        (#"{"a":{"b":1 "c":2}}"#, .expectedCommaOrEnd),
        (#"{"a":{"b":1,"b":2}}"#, .duplicateMember), (#"{"a":{"b":1},"a":{"c":2}}"#, .duplicateMember),
        (#"{"x":tru,"a":{"b":1}}"#, .invalidLiteral),
    ])
    func faults(text: String, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try self.search(text, ["a", "b"]) }
        #expect(error?.reason == reason)
    }

    /// The same as object by object; what cannot be read has no value either way.
    @Test func sameAsStepByStep() throws {
        var random = SeededRandom(for: "JSONPathSearchTests.sameAsStepByStep")
        let names = ["a", "b", "c"]
        func value(_ depth: Int) -> String {
            switch Int.random(in: 0...(depth > 4 ? 1 : 5), using: &random) {
            case 0: return "\(Int.random(in: 0...9, using: &random))"
            case 1: return #""a""#
            case 2: return "[\(value(depth + 1)),{\"a\":1}]"
            default:
                let members = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    "\"\(names.randomElement(using: &random) ?? "a")\":\(value(depth + 1))"
                }
                return "{\(members.joined(separator: ","))}"
            }
        }
        for _ in 0..<5_000 {
            let text = value(0)
            let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in names.randomElement(using: &random) ?? "a"
            }
            let expected = try? Array(text.utf8).withUnsafeBytes { bytes in
                var found = try JSONObjectView(validating: bytes, members: JSONMemberNames(path[0]))[index: 0]
                for name in path.dropFirst() { found = try found?.object(members: JSONMemberNames(name))?[index: 0] }
                return found.map { String(decoding: $0.raw, as: UTF8.self) }
            }
            let actual = (try? self.search(text, path))?[0]
            #expect(actual == expected, "\(path) in \(text)")
        }
    }
}
