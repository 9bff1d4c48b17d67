// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct ForeignTextTests {
    /// Nothing that others wrote moves the cursor, colours the screen or turns the direction of text.
    @Test func harmless() {
        #expect(ForeignText.harmless("a\u{1B}[31mb\r\n\tc\u{7F}\u{9B}\u{202E}d") == "a�[31mb���c���d")
        #expect(ForeignText.harmless("a\n\tb\u{1B}", keepsLines: true) == "a\n\tb�")
        #expect(ForeignText.harmless("你好 🤖 é") == "你好 🤖 é")
    }

    /// An excerpt is one line of bounded length.
    @Test func excerpt() {
        #expect(ForeignText.excerpt("  a\r\n\n b\t c ") == "a b c")
        #expect(ForeignText.excerpt(String(repeating: "x", count: 300), limit: 5) == "xxxxx…")
        #expect(ForeignText.excerpt("") == "")
    }

    /// Members stand in their order, a line each; what is no object or array is not JSON to look at.
    @Test(arguments: [
        (
            #"{"b":1,"a":[true,{"c":null}],"e":{},"f":[]}"#,
            "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    {\n      \"c\": null\n    }\n  ],\n  \"e\": {},\n  \"f\": []\n}"
        ),
        ("[]", "[]"), ("{}", "{}"),
    ])
    func pretty(json: String, text: String) {
        #expect(PrettyJSON.format(Array(json.utf8)) == text)
    }

    @Test(arguments: ["", "1", "\"a\"", "{", "{}}", #"{"a":1},"b":{"#, "OK"])
    func isNotJSON(text: String) {
        #expect(PrettyJSON.format(Array(text.utf8)) == nil)
    }

    /// Flat XML has a line for each field, and bytes that are no text are only counted.
    @Test func answers() {
        #expect(AnswerText.pretty(Array("<xml><A>1</A><B>2</B></xml>".utf8)) == "<xml>\n  <A>1</A>\n  <B>2</B>\n</xml>")
        #expect(AnswerText.pretty([0xFF, 0xFE]) == "(2 bytes that are no text)")
        #expect(AnswerText.short(Array("a\nb".utf8)) == "a b")
    }
}
