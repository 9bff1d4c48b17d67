// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import Hookwire

@Suite struct RelayConnectionTests {
    private final class Owner: RelayConnectionOwner {
        func opened(_ connection: RelayConnection) {}
        func refused(_ connection: RelayConnection, status: Int, detail: String, retryAfter: TimeAmount?) {}
        func heard(_ connection: RelayConnection) {}
        func received(_ frame: ByteBuffer, on connection: RelayConnection) {}
        func ended(_ connection: RelayConnection, code: Int?, text: String) {}
    }

    /// A relay that pings and does not read costs one pong, the last (RFC 6455, section 5.5.3).
    @Test func keepsOnePong() throws {
        let connection = RelayConnection(request: "", accept: "x", owner: Owner())
        let channel = EmbeddedChannel(handler: connection)
        try channel.writeInbound(
            ByteBuffer(
                string: "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
                    + "Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n"
            )
        )
        while try channel.readOutbound(as: ByteBuffer.self) != nil {}
        try Pings.expectOnePong(from: channel)
    }
}
