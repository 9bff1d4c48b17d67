// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Shared

@testable import Egress

/// An egress node on an embedded event loop, with the broker in memory.
final class EnvelopeBench {
    let loop = EmbeddedEventLoop()
    let broker: MemoryBroker
    let hub: Hub
    let lane: Lane
    let services: EnvelopeServices

    init(_ configuration: EgressConfiguration = EgressConfiguration()) throws {
        self.broker = MemoryBroker()
        self.hub = Hub(broker: self.broker, grace: .seconds(5))
        self.lane = Lane(configuration: configuration, broker: self.broker, eventLoop: self.loop)
        self.services = EnvelopeServices(
            lane: self.lane,
            broker: self.broker,
            configuration: WebSocketConfiguration(messageLimit: EnvelopeProtocol.frameLimit),
            metrics: SocketMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            replies: ReplyMetrics(),
            groups: GroupMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            now: { 1_700_000_000_123 }
        )
    }

    /// A place on the feed of the samples' channel.
    func place() throws -> FeedPlace {
        try self.hub.takePlace(on: EnvelopeSample.channel, eventLoop: self.loop).wait()
    }

    /// Publishes events with these bodies.
    func publish(_ bodies: String..., reply: ReplyOffer? = nil) throws {
        for body in bodies { _ = try self.publish(EnvelopeSample.event(body, reply: reply)) }
    }

    /// Publishes events whose bodies are 1, 2, 3 …, with white space around them.
    @discardableResult
    func publish(count: Int, padding: Int = 0) throws -> [Position] {
        let space = String(repeating: " ", count: padding)
        return try (1...count).compactMap { try self.publish(EnvelopeSample.event("\(space)\($0)")) }
    }

    func publish(_ event: Event) throws -> Position? {
        let publication = self.broker.publish(
            event,
            to: EnvelopeSample.channel,
            key: nil,
            retention: nil,
            on: self.loop
        )
        .future(on: self.loop)
        // The publisher may be held back until the lane has had its turn.
        self.loop.run()
        guard case .stored(let position, feeds: _) = try publication.wait() else { return nil }
        return position
    }

    /// The bytes that a channel has sent since the last call.
    func sent(to channel: EmbeddedChannel) throws -> [UInt8] {
        for _ in 0..<40 { self.loop.advanceTime(by: .microseconds(20)) }
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }
}
