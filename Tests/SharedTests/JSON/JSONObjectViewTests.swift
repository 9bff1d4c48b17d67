// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct JSONObjectViewTests {
    private static let dispatch =
        #"{"op":0,"id":"C2C_MESSAGE_CREATE:9wv6ubjx", "d" : {"id":"x","op":7}, "t":"C2C_MESSAGE_CREATE"}"#

    /// The members asked for are found in any order, those of inner objects are not mistaken for them, and the ranges
    /// are the value's own.
    @Test func members() throws {
        try withJSONView(Self.dispatch.utf8, ["t", "op", "id", "d", "s"]) { view in
            #expect(view["op"]?.integer == 0)
            #expect(view["id"]?.string == "C2C_MESSAGE_CREATE:9wv6ubjx")
            #expect(view["t"]?.string == "C2C_MESSAGE_CREATE")
            #expect(view["s"] == nil)
            #expect(view[index: 1]?.integer == 0)
            #expect(view[index: 4] == nil)
            let d = try #require(view["d"])
            #expect(d.isObject)
            #expect(Array(d.raw) == Array(#"{"id":"x","op":7}"#.utf8))
            #expect(Array(Array(Self.dispatch.utf8)[d.range]) == Array(d.raw))
        }
    }

    /// Names match by what they stand for, however they are written, and by nothing less.
    @Test(arguments: [
        (#"{"op":1}"#, true), (#"{"\u006fp":1}"#, true), (#"{"o\u0070":1}"#, true), (#"{"\u006F\u0070":1}"#, true),
        (#"{"Op":1}"#, false), (#"{"o":1}"#, false), (#"{"opp":1}"#, false), (#"{"op\u0000":1}"#, false),
        (#"{"\\u006fp":1}"#, false), (#"{"o\/p":1}"#, false), (#"{"":1}"#, false), (#"{"op\n":1}"#, false),
        (#"{"\u006f":1}"#, false),
    ])
    func names(text: String, isFound: Bool) throws {
        let found = try withJSONView(text.utf8, ["op"]) { $0["op"]?.integer == 1 }
        #expect(found == isFound)
    }

    /// Names of every length around the eight bytes that are compared at once, with their near misses.
    @Test(arguments: 0...20)
    func nameLengths(count: Int) throws {
        let name = String("abcdefghijklmnopqrst".prefix(count))
        let near =
            [name + "x", "x" + name, String(name.dropLast()) + "X", String(name.dropFirst()), name + "\\u0000"]
            + (0..<count).map { String(name.prefix($0)) }
        for other in near where other != name {
            try withJSONView("{\"\(other)\":1}".utf8, [name]) { #expect($0[index: 0] == nil) }
        }
        try withJSONView("{\"\(name)\":1}".utf8, [name]) { #expect($0[index: 0]?.integer == 1) }
    }

    /// Names with characters that are not ASCII, surrogate pairs included, and with ones that look escaped.
    @Test func unusualNames() throws {
        try withJSONView(#"{"\u54e6":1,"\ud83d\ude00":2,"a\/b":3,"\"":4,"é":5}"#.utf8, ["哦", "😀", "a/b", "\"", "é"]) {
            view in
            #expect((0..<5).map { view[index: $0]?.integer } == [1, 2, 3, 4, 5])
        }
        // The same text in another normal form is another name.
        try withJSONView("{\"e\u{301}\":1}".utf8, ["\u{E9}"]) { #expect($0[index: 0] == nil) }
    }

    /// A member asked for that occurs twice is refused, however it is written; others may repeat.
    @Test func duplicates() {
        let twice = JSONError(.duplicateMember, at: 8)
        #expect(jsonError(#"{"op":1,"op":2}"#.utf8, ["op"]) == twice)
        #expect(jsonError(#"{"op":1,"op":1}"#.utf8, ["op"]) == twice)
        #expect(jsonError(#"{"op":1,"\u006fp":2}"#.utf8, ["op"]) == twice)
        #expect(jsonError(#"{"x":1,"x":2,"op":1}"#.utf8, ["op"]) == nil)
        #expect(jsonError(#"{"op":{"op":1,"op":2}}"#.utf8, ["op"]) == nil)
        #expect(jsonError(#"{"op":1,"op":2}"#.utf8) == nil)
    }

    /// Bytes that are no UTF-8 stay as they are in the raw string and do not match a name.
    @Test func invalidUTF8() throws {
        let text = Array(#"{"s":""#.utf8) + [0xFF, 0xC0, 0x41] + Array("\",\"".utf8) + [0xFF] + Array("\":1}".utf8)
        try withJSONView(text, ["s", "\u{FFFD}"]) { view in
            #expect(view["s"]?.rawString.map { Array($0) } == [0xFF, 0xC0, 0x41])
            #expect(view["s"]?.string == "\u{FFFD}\u{FFFD}A")
            #expect(view[index: 1] == nil)
        }
    }

    /// Eight names at once, the most there can be.
    @Test func eightNames() throws {
        let names = (0..<8).map { "name\($0)" }
        let text = "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
        try withJSONView(text.utf8, names) { view in
            #expect((0..<8).map { view[index: $0]?.integer } == (0..<8).map { Int64($0) })
        }
    }

    /// A reason has a sentence and a label, and the sentence says where.
    @Test(arguments: JSONError.Reason.allCases)
    func descriptions(reason: JSONError.Reason) {
        let text = JSONError(reason, at: 17).description
        #expect(text.hasSuffix("(at byte 17)"))
        #expect(text.count > 25)
    }
}
