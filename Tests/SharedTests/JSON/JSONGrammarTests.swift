// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Shared
import Testing

/// RFC 8259, rule by rule.
@Suite struct JSONGrammarTests {
    private static let rich =
        #" {"a":[1,-2.5e+3,0,"x\u00e9\n",true,false,null,{},[]],"b":{"c":{"d":[[],{}]}},"e":"哦"} "#

    /// Everything that the grammar allows is accepted as a member's value, with white space around or without.
    @Test(arguments: [
        // Literals (section 3).
        "true", "false", "null",
        // Numbers (section 6).
        "0", "-0", "1", "-1", "10", "1234567890", "0.5", "-0.0", "1.25", "1e5", "1E5", "1e+5", "1e-5", "0e0", "1.5e10",
        "123456789012345678901234567890", "1e999999",
        // Strings (section 7).
        #""""#, #""a""#, #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\u00E9\u00e9""#, #""\ud83d\ude00""#, #""\ud83d""#,
        #""\ude00""#, "\"\u{7F}\"", "\"哦\u{1F600}\"", "\"\u{2028}\"", #""'""#, #""//""#,
        // Arrays and objects (sections 4 and 5).
        "[]", "[ ]", "[1]", "[1,2]", "[[],[[]]]", "{}", "{ }", #"{"":0}"#, #"{"a":{"a":{}}}"#, #"{"a":1,"a":1}"#,
        #"[{},[],"",0,null]"#, "[ 1 , 2 ]",
    ])
    func accepted(value: String) {
        #expect(jsonError("{\"v\":\(value)}".utf8) == nil)
        #expect(jsonError("\r\n\t {\n \"v\" \t:\r\(value) } \n".utf8) == nil)
        #expect(jsonError("{\"a\":[\(value),\(value)],\"b\":{\"c\":\(value)}}".utf8) == nil)
    }

    /// What the grammar does not allow is refused, with the reason and the place.
    @Test(arguments: [
        ("", JSONError.Reason.truncated, 0), (" \n", .truncated, 2),
        // Another value than an object, or none at all.
        ("[]", .notAnObject, 0), ("1", .notAnObject, 0), (#""{}""#, .notAnObject, 0), (" null ", .notAnObject, 0),
        ("[1", .truncated, 2), ("hello", .expectedValue, 0), ("\u{FEFF}{}", .expectedValue, 0),
        ("}", .expectedValue, 0),
        ("[] []", .trailingBytes, 3),
        // After the object.
        ("{} {}", .trailingBytes, 3), ("{},", .trailingBytes, 2), ("{}}", .trailingBytes, 2),
        ("{}\0", .trailingBytes, 2),
        // Members.
        ("{,}", .expectedName, 1), (#"{"a":1,}"#, .expectedName, 7), (#"{"a":1,,"b":2}"#, .expectedName, 7),
        ("{a:1}", .expectedName, 1), ("{'a':1}", .expectedName, 1), ("{1:1}", .expectedName, 1),
        (#"{"a" 1}"#, .expectedColon, 5), (#"{"a"}"#, .expectedColon, 4), (#"{"a",1}"#, .expectedColon, 4),
        (#"{"a":}"#, .expectedValue, 5), (#"{"a"::1}"#, .expectedValue, 5), (#"{"a":,}"#, .expectedValue, 5),
        (#"{"a":1 "b":2}"#, .expectedCommaOrEnd, 7), (#"{"a":1]"#, .expectedCommaOrEnd, 6),
        (#"{"a":{"b":1,}}"#, .expectedName, 12), (#"{"a":{,}}"#, .expectedName, 6),
        (#"{"a":{"b"}}"#, .expectedColon, 9), (#"{"a":{"b":1]}"#, .expectedCommaOrEnd, 11),
        // Elements.
        (#"{"a":[1,]}"#, .expectedValue, 8), (#"{"a":[,1]}"#, .expectedValue, 6),
        (#"{"a":[1 2]}"#, .expectedCommaOrEnd, 8),
        (#"{"a":[1}}"#, .expectedCommaOrEnd, 7), (#"{"a":["b":1]}"#, .expectedCommaOrEnd, 9),
        (#"{"a":]}"#, .expectedValue, 5),
        // Literals.
        (#"{"a":True}"#, .expectedValue, 5), (#"{"a":tru}"#, .invalidLiteral, 8), (#"{"a":nul1}"#, .invalidLiteral, 8),
        (#"{"a":falsee}"#, .expectedCommaOrEnd, 10), (#"{"a":NaN}"#, .expectedValue, 5),
        (#"{"a":Infinity}"#, .expectedValue, 5),
        (#"{"a":undefined}"#, .expectedValue, 5),
        // Numbers.
        (#"{"a":01}"#, .invalidNumber, 6), (#"{"a":-01}"#, .invalidNumber, 7), (#"{"a":00}"#, .invalidNumber, 6),
        (#"{"a":+1}"#, .expectedValue, 5), (#"{"a":-}"#, .invalidNumber, 6), (#"{"a":--1}"#, .invalidNumber, 6),
        (#"{"a":.5}"#, .expectedValue, 5), (#"{"a":1.}"#, .invalidNumber, 7), (#"{"a":1.e1}"#, .invalidNumber, 7),
        (#"{"a":1.2.3}"#, .invalidNumber, 8), (#"{"a":1e}"#, .invalidNumber, 7), (#"{"a":1e+}"#, .invalidNumber, 8),
        (#"{"a":1e1.5}"#, .invalidNumber, 8), (#"{"a":1ee1}"#, .invalidNumber, 7),
        (#"{"a":0x10}"#, .expectedCommaOrEnd, 6),
        (#"{"a":1_0}"#, .expectedCommaOrEnd, 6), (#"{"a":-Infinity}"#, .invalidNumber, 6),
        // Strings.
        (#"{"a":'b'}"#, .expectedValue, 5), (#"{"a":"\x"}"#, .invalidEscape, 6), (#"{"a":"\'"}"#, .invalidEscape, 6),
        (#"{"a":"\U0041"}"#, .invalidEscape, 6), (#"{"a":"\u004"}"#, .invalidEscape, 6),
        (#"{"a":"\u00g0"}"#, .invalidEscape, 6),
        (#"{"a":"\u+041"}"#, .invalidEscape, 6), (#"{"\q":1}"#, .invalidEscape, 2),
        ("{\"a\":\"\n\"}", .controlCharacter, 6),
        ("{\"a\":\"\t\"}", .controlCharacter, 6), ("{\"a\0\":1}", .controlCharacter, 3),
        ("{\"a\":\"\\\n\"}", .invalidEscape, 6),
        // White space is four characters and no more; comments are none.
        ("\u{0B}{}", .expectedValue, 0), ("{\u{A0}}", .expectedName, 1), ("{\u{0C}}", .expectedName, 1),
        (#"{"a":/**/1}"#, .expectedValue, 5), ("{} //", .trailingBytes, 3),
    ])
    func refused(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(jsonError(text.utf8) == JSONError(reason, at: offset))
    }

    /// Cut anywhere, a text is incomplete, and the error says so and not something else.
    @Test func truncation() {
        let text = Array(Self.rich.utf8)
        let lastBrace = text.lastIndex(of: UInt8(ascii: "}")) ?? 0
        for count in 0...lastBrace {
            #expect(jsonError(text.prefix(count)) == JSONError(.truncated, at: count), "\(count) bytes")
        }
        #expect(jsonError(text.prefix(lastBrace + 1)) == nil)
    }

    /// A string may hold any byte but a control character, a quote and a backslash, at any place of the eight that are
    /// read at once, before, behind and on the edges of them.
    @Test func everyByteAtEveryPlaceOfAString() {
        for count in 1...19 {
            for place in 0..<count {
                for byte in UInt8.min ... .max {
                    var string = [UInt8](repeating: UInt8(ascii: "x"), count: count)
                    string[place] = byte
                    let error = jsonError(Array("{\"a\":\"".utf8) + string + Array("\"}".utf8))
                    switch byte {
                    case 0..<0x20: #expect(error == JSONError(.controlCharacter, at: 6 + place))
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"): #expect(error != nil)
                    default: #expect(error == nil)
                    }
                }
            }
        }
    }

    /// Nesting is bounded, and the stack of open brackets tells arrays from objects on each level.
    @Test(arguments: [1, 2, 3, 63, 64, 65, 66, 127, 128])
    func depth(levels: Int) {
        var random = SeededRandom(for: "JSONGrammarTests.depth(\(levels))")
        // The outermost level is the object itself.
        let isObject = [true] + (1..<levels).map { _ in Bool.random(using: &random) }
        let opening = isObject.enumerated().map { level, isObject in
            isObject ? (level == levels - 1 ? "{" : "{\"k\":") : "["
        }.joined()
        let closing = isObject.reversed().map { $0 ? "}" : "]" }
        #expect(jsonError((opening + closing.joined()).utf8, maximumDepth: levels) == nil)
        if levels > 1 {
            let error = jsonError((opening + closing.joined()).utf8, maximumDepth: levels - 1)
            #expect(error?.reason == .tooDeep)
        }
        for level in closing.indices {
            var wrong = closing
            wrong[level] = wrong[level] == "}" ? "]" : "}"
            #expect(jsonError((opening + wrong.joined()).utf8) != nil, "the closing bracket \(level) is wrong")
        }
    }

    /// A text that only opens brackets is refused by its depth and not by the stack of a recursion.
    @Test func hostileDepth() {
        let text = "{\"a\":" + String(repeating: "[", count: 1_000_000)
        #expect(jsonError(text.utf8) == JSONError(.tooDeep, at: 5 + 127))
    }
}
