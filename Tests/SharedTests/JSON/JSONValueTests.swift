// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct JSONValueTests {
    /// Hands over the value of the only member.
    private func value<Result>(_ text: String, _ body: (JSONValue) throws -> Result) throws -> Result {
        try withJSONView("{ \"v\" : \(text) }".utf8, ["v"]) { try body(#require($0["v"])) }
    }

    /// Integers are exact or they are none.
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("1728981195", 1_728_981_195),
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("99999999999999999999999999", nil), ("1.0", nil), ("1e3", nil), ("1E3", nil), ("-0.0", nil),
            (#""1""#, nil), ("true", nil), ("null", nil), ("[1]", nil), ("{}", nil),
        ] as [(String, Int64?)]
    )
    func integers(text: String, expected: Int64?) throws {
        try self.value(text) { #expect($0.integer == expected) }
    }

    /// Strings are unescaped; surrogates without a partner become U+FFFD; other kinds have no text.
    @Test(
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""哦一下""#, "哦一下"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u54E6""#, "Aé哦"), (#""\u0000""#, "\0"), (#""\ud83d\ude00""#, "😀"),
            (#""x\uD83D\uDE00y""#, "x😀y"),
            (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\ud800\udc00""#, "\u{10000}"), (#""\ud83d""#, "\u{FFFD}"),
            (#""\ud83dx""#, "\u{FFFD}x"), (#""\ude00""#, "\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (#""\\u0041""#, "\\u0041"), (#""\ud83d\\ude00""#, "\u{FFFD}\\ude00"),
            ("1", nil), ("null", nil), ("[\"a\"]", nil), ("{\"a\":\"b\"}", nil),
        ] as [(String, String?)]
    )
    func strings(text: String, expected: String?) throws {
        try self.value(text) { value in
            #expect(value.string.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
            #expect(
                value.rawString.map { Array($0) } == (expected == nil ? nil : Array(text.utf8.dropFirst().dropLast()))
            )
        }
    }

    /// The kind goes by the value's first byte, and the raw bytes have no white space around them.
    @Test(arguments: [
        ("{}", JSONValue.Kind.object), ("[ 1 ]", .array), (#""{""#, .string), ("-1", .number), ("0", .number),
        ("true", .boolean), ("false", .boolean), ("null", .null),
    ])
    func kinds(text: String, kind: JSONValue.Kind) throws {
        try self.value(text) { value in
            #expect(value.kind == kind)
            #expect(value.isObject == (kind == .object))
            #expect(value.boolean == (kind == .boolean ? text == "true" : nil))
            #expect(Array(value.raw) == Array(text.utf8))
            #expect(value.range == 8..<8 + text.utf8.count)
        }
    }

    /// Inner objects give their members, with ranges that count from the beginning of the whole text.
    @Test func innerObjects() throws {
        let text = #"{"d":{"author":{"id":"2B13"},"x":[ {"id":1} , [] ]}}"#
        try withJSONView(text.utf8, ["d"]) { view in
            let d = try #require(view["d"])
            let inner = try #require(try d.object(members: JSONMemberNames("author", "x")))
            let id = try #require(try inner["author"]?.object(members: JSONMemberNames("id"))?["id"])
            #expect(id.string == "2B13")
            #expect(Array(Array(text.utf8)[id.range]) == Array(#""2B13""#.utf8))
            #expect(try id.object(members: JSONMemberNames("id")) == nil)
        }
        try withJSONView(#"{"d":{"a":1,"a":2}}"#.utf8, ["d"]) { view in
            _ = #expect(throws: JSONError(.duplicateMember, at: 12)) {
                try view["d"]?.object(members: JSONMemberNames("a"))
            }
        }
    }

    /// An array gives its elements in order until told to stop; other kinds have none.
    @Test func elements() throws {
        func elements(_ text: String, limit: Int = .max) throws -> [String] {
            try self.value(text) { value in
                var found: [String] = []
                value.forEachElement { element in
                    found.append(String(decoding: element.raw, as: UTF8.self))
                    #expect(element.range.count == element.raw.count)
                    #expect(
                        element.raw.baseAddress
                            == value.raw.baseAddress.map { $0 + (element.range.lowerBound - value.range.lowerBound) }
                    )
                    return found.count < limit
                }
                return found
            }
        }
        #expect(try elements("[]") == [])
        #expect(try elements("[ ]") == [])
        #expect(try elements("[1]") == ["1"])
        #expect(
            try elements(#"[ 1 , "a,]" ,[2,[3]],{"k":[4]} , null ]"#) == [
                "1", #""a,]""#, "[2,[3]]", #"{"k":[4]}"#, "null",
            ]
        )
        #expect(try elements("[1,2,3]", limit: 2) == ["1", "2"])
        #expect(try elements("{\"a\":1}") == [])
        #expect(try elements("\"[1]\"") == [])
    }

    /// The members of an object come in their order, with repeats, their names unescaped, until there is enough.
    @Test func members() throws {
        func names(_ text: String, limit: Int = .max) throws -> [String] {
            var names: [String] = []
            try self.value(text) { value in
                value.forEachMember { name, member in
                    names.append("\(name)=\(String(decoding: member.raw, as: UTF8.self))")
                    return names.count < limit
                }
            }
            return names
        }
        let text = #"{ "a" : 1 , "\u0062":{"x":[2,{}]},"a":"}", "" : [ ] }"#
        #expect(try names(text) == ["a=1", #"b={"x":[2,{}]}"#, #"a="}""#, "=[ ]"])
        #expect(try names(text, limit: 2).count == 2)
        for other in ["{}", "[1]", "1", "null", #""{}""#] { #expect(try names(other) == []) }
    }
}
