// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
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
}
