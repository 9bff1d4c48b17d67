// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct AnswerTextTests {
    private static func pretty(_ text: String) -> String {
        AnswerText.pretty(Array(text.utf8), terminal: Terminal(isPlain: true))
    }

    /// An excerpt is one line of bounded length, and does nothing on a terminal.
    @Test func excerpts() {
        #expect(ForeignText.excerpt("  a\r\n\n b\t c ") == "a b c")
        #expect(ForeignText.excerpt(String(repeating: "x", count: 300), limit: 5) == "xxxx…")
        #expect(ForeignText.excerpt("\u{1B}[31ma") == "\u{FFFD}[31ma")
        #expect(ForeignText.excerpt("") == "")
        #expect(ForeignText.lines("a\n\u{1B}b\n") == "a\n\u{FFFD}b\n")
    }

    /// JSON and flat XML have a line for each member; bytes that are no text are only counted.
    @Test func answers() {
        #expect(Self.pretty(#"{"b":1,"a":[]}"#) == "{\n  \"b\": 1,\n  \"a\": []\n}")
        #expect(Self.pretty("<xml><A>1</A><B>2</B></xml>") == "<xml>\n  <A>1</A>\n  <B>2</B>\n</xml>")
        #expect(Self.pretty("<xml/>") == "<xml/>")
        #expect(Self.pretty("OK\u{7}") == "OK\u{FFFD}")
        #expect(AnswerText.pretty([0xFF, 0xFE], terminal: Terminal(isPlain: true)) == "(2 bytes that are no text)")
    }

    /// What only begins or ends like JSON is none.
    @Test(arguments: [
        ("{}", true), ("[1]", true), (#" {"a":1} "#, true), ("", false), ("1", false), ("\"a\"", false), ("{", false),
        ("{}}", false), (#"{"a":1},"b":{"#, false), ("OK", false),
    ])
    func json(text: String, isJSON: Bool) {
        #expect(AnswerText.isJSON(Array(text.utf8)) == isJSON)
    }
}
