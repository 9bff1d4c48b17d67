// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Logging
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Brokers on a real server. Its time is its own, so that letting time pass is waiting.
struct RedisBrokerTestBed: BrokerTestBed {
    let server: RedisServer
    /// Where the brokers go, if not to the server's own URL.
    var url: String?
    /// The tests' machine may be busy.
    let visibilityMilliseconds: Int64 = 4_000

    func withBroker(_ settings: BrokerSettings, _ body: @Sendable (any Broker) async throws -> Void) async throws {
        try await self.withRedisBroker { configuration in
            configuration.retentionCount = settings.retentionCount
            configuration.retentionAgeMilliseconds = settings.retentionAgeMilliseconds
        } _: {
            try await body($0)
        }
    }

    /// The second broker feeds nobody, as on an ingress node.
    func withBrokers(_ body: @Sendable (any Broker, any Broker) async throws -> Void) async throws {
        try await self.withRedisBroker { asking in
            try await self.withRedisBroker {
                $0.feeds = false
            } _: { waiting in
                try await body(asking, waiting)
            }
        }
    }

    func advance(milliseconds: Int64) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }

    /// Runs `body` with a broker that is connected.
    func withRedisBroker(
        _ configure: (inout RedisBrokerConfiguration) -> Void = { _ in },
        _ body: (RedisBroker) async throws -> Void
    ) async throws {
        let broker = try self.broker(configure)
        broker.start()
        do {
            try await until { broker.health == .ready }
            try await body(broker)
        } catch {
            await broker.shutdown()
            throw error
        }
        await broker.shutdown()
    }

    /// A broker that is not started.
    func broker(_ configure: (inout RedisBrokerConfiguration) throws -> Void = { _ in }) throws -> RedisBroker {
        let redis = try RedisDeployment(self.url ?? self.server.url).configurations()[0]
        var configuration = RedisBrokerConfiguration(redis: redis)
        // The tests' machine may be busy.
        configuration.redis.commandTimeout = .seconds(10)
        configuration.redis.pingTimeout = .seconds(10)
        configuration.feedTimeout = .seconds(10)
        configuration.replyTimeout = .seconds(10)
        try configure(&configuration)
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return RedisBroker(configuration: configuration, group: Fixtures.group, logger: logger)
    }

    /// The bytes of an event as text, for commands that take no other: it has none beyond ASCII.
    static func eventBytes(_ text: String) -> String {
        let event = Event(platform: "qq", receivedAt: 1, body: ByteBuffer(string: text), bodyIsUTF8: true)
        return String(buffer: EventEncoding.encode(event))
    }
}
