// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct QQMessageTests {
    private func event(_ body: String, platform: String = "qq", messages: [ChatMessage] = []) -> Event {
        Event(
            platform: platform,
            receivedAt: 0,
            body: ByteBuffer(string: body),
            bodyIsUTF8: true,
            messages: messages
        )
    }

    /// A message says what was said, by whom, and in which group or channel; of the user alone in none.
    @Test(
        arguments: [
            (#"{"content":"/1","author":{"id":"2B13","user_openid":"U","union_openid":"X"}}"#, "/1", "U", nil),
            (
                #"{"author":{"id":"I","member_openid":"M"},"content":" hi","group_id":"g","group_openid":"G"}"#, " hi",
                "M", "G"
            ),
            (
                #"{"content":"<@!1> \u4f60","channel_id":"C","guild_id":"g","author":{"id":"I","bot":false}}"#,
                "<@!1> 你", "I", "C"
            ),
            (#"{"content":"","author":{}}"#, "", nil, nil),
        ] as [(String, String, String?, String?)]
    )
    func messages(d: String, text: String, sender: String?, conversation: String?) throws {
        let event = self.event(#"{"id":"e","op":0,"t":"X","d":\#(d)}"#)
        let expected = [ChatMessage(text: text, sender: sender, conversation: conversation)]
        #expect(event.messages == expected)
        // They are not in the head, and are there on the other side all the same.
        #expect(event.carriedMessages.isEmpty)
        #expect(try EventEncoding.decode(EventEncoding.encode(event)).messages == expected)
    }

    /// What is no message of QQ's says nothing.
    @Test(arguments: [
        #"{"op":0,"t":"GROUP_ADD_ROBOT","d":{"group_openid":"G"}}"#, #"{"op":0,"d":{"content":"x"}}"#,
        #"{"op":0,"d":[]}"#,
        #"{"op":0,"d":{"content":1,"author":{}}}"#, #"{"op":1,"d":{"content":"x","author":{}}}"#, #"{"op":0}"#, "", "x",
        #"{"op":0,"d":{"content":"x","content":"y","author":{}}}"#,
    ])
    func otherEvents(body: String) {
        #expect(self.event(body).messages == [])
    }

    /// Other platforms say what they say when the event is made.
    @Test func otherPlatforms() {
        let body = #"{"op":0,"d":{"content":"x","author":{}}}"#
        #expect(self.event(body, platform: "generic").messages == [])
        let said = [ChatMessage(text: "said", sender: nil, conversation: nil)]
        #expect(self.event(body, messages: said).messages == said)
    }
}
