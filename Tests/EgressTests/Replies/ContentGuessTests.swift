// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What a bot's text is taken for where nobody says what it is.
@Suite struct ContentGuessTests {
    /// Objects and arrays are JSON, tags are XML, and whatever else may look like it is a text.
    @Test(
        arguments: [
            ("{}", .json), (" [1]\n", .json), (#"{"a":{"b":[]}}"#, .json), ("[hi]", .plain), ("{", .plain),
            ("{} x", .plain), ("1", .plain), ("\"a\"", .plain), ("true", .plain), ("null", .plain), ("", .plain),
            (" \n", .plain), ("<xml><a/></xml>", .xml), ("\n<?xml version=\"1.0\"?><a/>\n", .xml),
            ("<!DOCTYPE a><a/>", .xml),
            ("<日/>", .xml), ("<3", .plain), ("<3>", .plain), ("<", .plain), ("<>", .plain), ("<a", .plain),
            ("a <b>", .plain),
            ("日本", .plain), ("< a >", .plain),
        ] as [(String, ContentGuess)]
    )
    func guesses(text: String, expected: ContentGuess) {
        #expect(ContentGuess(ByteBuffer(string: text)) == expected)
    }

    /// What a raw client sends becomes a text, or a response of its media type with its bytes.
    @Test func replies() {
        #expect(RawAnswers.reply(ByteBuffer(string: "hi\n")) == .text("hi\n"))
        for (text, type) in [("{ }", "application/json"), ("<a/>", "application/xml; charset=utf-8")] {
            let header = Reply.Field(name: "Content-Type", value: type)
            let body = ByteBuffer(string: text)
            #expect(RawAnswers.reply(body) == .response(.init(status: 200, headers: [header], body: body)))
        }
    }
}
