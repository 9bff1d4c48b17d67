// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Ingress
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Hookwire

@Suite struct WebSocketLoadConnectionTests {
    private func plan(_ handshake: ClientHandshake) async throws -> LoadPlan {
        let configuration = try BenchConfiguration(BenchOptions.parse(["--idle"]))
        return LoadPlan(
            configuration: configuration,
            supply: try await EventSupply.prepare(
                configuration,
                count: 0,
                timestamps: EventTimestamps(start: 0, secondsPerEvent: 0)
            ) { _ in },
            times: EventTimes(count: 0),
            addresses: LoadAddresses(webhooks: [], sockets: []),
            handshake: handshake
        )
    }

    /// A server that pings and does not read costs one pong, the last (RFC 6455, section 5.5.3); all pings are counted.
    @Test func keepsOnePong() async throws {
        let key: [UInt8] = Array(0..<16)
        let plan = try await self.plan(ClientHandshake(key: key))
        try self.keepsOnePong(plan, acceptance: WebSocketHandshake.acceptance(of: Base64.encode(key)))
    }

    private func keepsOnePong(_ plan: LoadPlan, acceptance: String) throws {
        let channel = EmbeddedChannel()
        let loop = LoadLoop(index: 0, plan: plan, eventLoop: channel.embeddedEventLoop)
        let connection = WebSocketLoadConnection(secret: 0, request: ByteBuffer(), loop: loop)
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.writeInbound(
            // What a proxy sends before the answer is no answer.
            ByteBuffer(
                string:
                    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n"
                    + "Sec-WebSocket-Accept: \(acceptance)\r\n\r\n"
            )
        )
        try Pings.expectOnePong(from: channel)
        #expect(loop.tally.pings == 4)
    }
}
