// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared

@testable import Hookwire

/// Frames as the relay writes them.
enum Envelopes {
    static func position(_ offset: UInt64, epoch: UInt64 = 1) -> Position {
        Position(epoch: Epoch(rawValue: epoch), offset: offset)
    }

    static func frame(
        _ offset: UInt64,
        epoch: UInt64 = 1,
        more: String = "",
        data: String = #","data":{}"#
    ) -> ByteBuffer {
        ByteBuffer(
            string: #"{"specversion":"1.0","id":"e\#(offset)","source":"hookwire:x/qq","type":"T","#
                + #""position":"\#(self.position(offset, epoch: epoch))","method":"POST"\#(more)\#(data)}"#
        )
    }

    static func event(
        _ offset: UInt64,
        epoch: UInt64 = 1,
        more: String = "",
        data: String = #","data":{}"#
    ) -> ReceivedEvent {
        guard let event = ReceivedEvent(self.frame(offset, epoch: epoch, more: more, data: data)) else {
            preconditionFailure("this is an envelope")
        }
        return event
    }
}
