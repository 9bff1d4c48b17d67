// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import Hookwire

@Suite struct RelayConnectionTests {
    private final class Owner: RelayConnectionOwner {
        private(set) var refusals: [TimeAmount?] = []

        func opened(_ connection: RelayConnection) {}
        func refused(_ connection: RelayConnection, status: Int, detail: String, retryAfter: TimeAmount?) {
            self.refusals.append(retryAfter)
        }
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

    /// When to come back is a number of seconds; one that is no time to wait is none.
    @Test(
        arguments: [
            ("7", TimeAmount.seconds(7)), ("0", .zero), ("99999", .hours(1)), ("-1", nil),
            ("-9223372036854775808", nil), ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
        ] as [(String, TimeAmount?)]
    )
    func retryAfter(text: String, pause: TimeAmount?) throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        try channel.writeInbound(
            ByteBuffer(
                string: "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: \(text)\r\n\r\n"
            )
        )
        #expect(owner.refusals == [pause])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
