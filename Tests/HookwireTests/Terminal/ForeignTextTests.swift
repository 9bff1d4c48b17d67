// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Hookwire

/// Text that anybody may have sent does nothing on a terminal.
@Suite struct ForeignTextTests {
    /// No control character is left, of any kind; what can be read is.
    @Test func lines() {
        let text = "a\u{1B}[31mb\r\nc\u{7}\u{9B}2J\u{202E}d\u{2028}\u{E000}é你👩‍💻"
        let line = ForeignText.line(text)
        #expect(line == "a\u{FFFD}[31mb\u{FFFD} c\u{FFFD}\u{FFFD}2J\u{FFFD}d \u{FFFD}é你👩‍💻")
        #expect(ForeignText.line("abcdef", limit: 4) == "abc…" && ForeignText.line("abcd", limit: 4) == "abcd")
        #expect(ForeignText.line("你好吗", limit: 5) == "你好…" && ForeignText.line("你好", limit: 4) == "你好")
        #expect(ForeignText.line("你好", limit: 3) == "你…" && ForeignText.line("ab", limit: 0) == "")
        #expect(ForeignText.columns(of: "e\u{301}你") == 3)
    }

    /// JSON means the same, on one line.
    @Test func json() {
        let text = "{\n\t\"a\u{9B}\": \"\u{202E}\u{7F}é\",\r\n\"b\":1}"
        #expect(ForeignText.json(text.utf8) == #"{  "a\u009b": "\u202e\u007fé",  "b":1}"#)
    }

    /// A member per line; empty containers stay on theirs; strings with brackets are strings.
    @Test func pretty() {
        let text = #"{"a":[1,{"b":"}{\"],"}],"c":{},"d":[ ],"e":null}"#
        let lines = PrettyJSON.lines(ByteBuffer(string: text), terminal: Terminal(isPlain: true))
        #expect(
            lines == [
                "{", #"  "a": ["#, "    1,", "    {", #"      "b": "}{\"],""#, "    }", "  ],", #"  "c": {},"#,
                #"  "d": [],"#,
                #"  "e": null"#, "}",
            ]
        )
    }

    /// A bar fills with its backlog, and knows its end.
    @Test func bar() throws {
        #expect(ProgressBar(from: Envelopes.position(5), to: Envelopes.position(5)) == nil)
        #expect(ProgressBar(from: Envelopes.position(5, epoch: 2), to: Envelopes.position(9)) == nil)
        var bar = try #require(ProgressBar(from: Envelopes.position(10), to: Envelopes.position(20)))
        #expect(bar.text(width: 26) == "backlog [..........] 0/10")
        bar.reach(Envelopes.position(15))
        bar.reach(Envelopes.position(12))
        bar.reach(Envelopes.position(99, epoch: 2))
        #expect(bar.text(width: 26) == "backlog [#####.....] 5/10" && !bar.isFull)
        bar.reach(Envelopes.position(25))
        #expect(bar.text(width: 26) == "backlog [##########] 10/10" && bar.isFull)
    }
}
