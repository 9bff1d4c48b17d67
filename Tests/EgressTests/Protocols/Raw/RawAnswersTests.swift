// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

@Suite struct RawAnswersTests {
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
