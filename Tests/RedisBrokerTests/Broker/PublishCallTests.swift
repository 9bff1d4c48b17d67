// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// What the script `publish` answers.
@Suite struct PublishCallTests {
    private static func publication(_ text: String) -> Publication? {
        PublishCall.publication(.bulk(ByteBuffer(string: text)))
    }

    /// Epoch, offset and feeds of an event that was stored; nothing for one whose key is known.
    @Test func answers() {
        let position = Position(epoch: Epoch(rawValue: 0xA1), offset: 42)
        #expect(Self.publication("00000000000000a1 42 0") == .stored(position, feeds: 0))
        #expect(Self.publication("00000000000000a1 42 117") == .stored(position, feeds: 117))
        let late = Position(epoch: Epoch(rawValue: .max), offset: 1 << 53)
        #expect(Self.publication("ffffffffffffffff 9007199254740992 1") == .stored(late, feeds: 1))
        #expect(PublishCall.publication(.null) == .duplicate)
    }

    /// Anything else is no answer.
    @Test(arguments: [
        "", " ", "00000000000000a1", "00000000000000a1 ", "00000000000000a1 42", "00000000000000a1 42 ",
        "00000000000000a1  1", "00000000000000a1-42 1", "00000000000000A1 42 1", "0000000000000000 42 1",
        "00000000000000a1 -2 1", "00000000000000a1 42 1 ", "00000000000000a1 42 1 1", "00000000000000a1 4e2 1",
        "00000000000000a1 12345678901234567 1", "a1 42 1",
    ])
    func others(text: String) {
        #expect(Self.publication(text) == nil)
        #expect(PublishCall.publication(.simpleString(text)) == nil)
    }
}
