// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// How the end of a subscription ends a command.
@Suite struct CommandEndTests {
    /// Only a relay refuses: what else answers is not called one, and its words are shown as those of a stranger.
    @Test func strangers() {
        let relays = HandshakeRefusal(status: 403, detail: "You are banned.", reason: "banned")
        if case .refused(let detail) = CommandEnd(.refused(relays)) {
            #expect(detail == "403: You are banned.")
        } else {
            Issue.record("a relay refuses")
        }
        let page = HandshakeRefusal(status: 404, detail: "<!DOCTYPE HTML>\u{1B}[31m")
        guard case .foreign(let words) = CommandEnd(.refused(page)) else {
            Issue.record("a page is of another server")
            return
        }
        let sentence = CommandEnd.foreignness(at: "http://h:80", saying: words)
        #expect(sentence.hasPrefix("What answers at http://h:80 is not a Hookwire relay (404: <!DOCTYPE HTML>"))
        #expect(sentence.hasSuffix("): check --relay, and a proxy before the relay.") && !sentence.contains("\u{1B}"))
        guard case .foreign(nil) = CommandEnd(.refused(.foreign)) else {
            Issue.record("what is no HTTP has no words")
            return
        }
        #expect(CommandEnd.foreignness(at: "http://h", saying: nil).contains("is not a Hookwire relay: check --relay"))
    }
}
