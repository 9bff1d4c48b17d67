// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import RedisServer
import Shared
import Synchronization
import Testing

@testable import RedisBroker

/// A client of a real server, and what a test wants to await of it.
struct RedisTestBed {
    let client: RedisClient
    /// The only one of the client's.
    let node: RedisNode
    let eventLoops: [any EventLoop]
    let listener = Listener()

    /// Starts a client with patient deadlines on two event loops of its own.
    static func with(_ url: String, start: Bool = true, run: (RedisTestBed) async throws -> Void) async throws {
        try await self.with(.patient(url), start: start, run: run)
    }

    /// Starts a client on two event loops of its own.
    static func with(
        _ configuration: RedisConfiguration,
        start: Bool = true,
        run: (RedisTestBed) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let client = RedisClient(configurations: [configuration], group: group, logger: logger)
        let bed = RedisTestBed(client: client, node: client.nodes[0], eventLoops: Array(group.makeIterator()))
        client.setSubscriptionDelegate(bed.listener)
        if start { client.start() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await run(bed))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        try await group.shutdownGracefully()
        try result.get()
    }

    /// Sends a command on the first event loop.
    func send(_ name: String, _ arguments: RESPArgument...) async throws -> RESPValue {
        try await self.node.send(RESPCommand(name, arguments), on: self.eventLoops[0]).get()
    }

    /// The name of a failure's reason, or what came in its place.
    func failure(_ name: String, _ arguments: RESPArgument..., on eventLoop: Int = 0) async -> BrokerError? {
        do {
            _ = try await self.node.send(RESPCommand(name, arguments), on: self.eventLoops[eventLoop]).get()
            return nil
        } catch {
            return error as? BrokerError
        }
    }

    /// Waits until commands can be sent on all connections.
    func ready() async throws {
        try await until("the client is ready") {
            self.node.commandHealth == .ready && self.node.subscriptionHealth == .ready
                && self.node.connectedCommandConnections == self.eventLoops.count
        }
    }
}

extension RedisConfiguration {
    /// With the real deadlines.
    static func real(_ url: String, change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisConfiguration
    {
        var configuration = try RedisConfiguration(url: RedisURL(url))
        change(&configuration)
        return configuration
    }

    /// With deadlines that a busy machine keeps.
    static func patient(
        _ url: String,
        change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisConfiguration {
        try self.real(url) { configuration in
            configuration.connectTimeout = .seconds(20)
            configuration.commandTimeout = .seconds(20)
            configuration.pingTimeout = .seconds(20)
            configuration.keepAliveTimeout = .seconds(20)
            change(&configuration)
        }
    }
}

/// Remembers what a subscription delegate is told, in order.
final class Listener: RedisSubscriptionDelegate {
    private let state = Mutex<[String]>([])

    var told: [String] { self.state.withLock { $0 } }

    func count(of prefix: String) -> Int { self.told.count { $0.hasPrefix(prefix) } }

    func subscribed(to channel: String) {
        self.state.withLock { $0.append("subscribed \(channel)") }
    }

    func message(on channel: String, payload: ByteBuffer) {
        self.state.withLock { $0.append("message \(channel) \(String(buffer: payload))") }
    }

    func subscriptionsLost(_ channels: Set<String>, reason: String) {
        self.state.withLock { $0.append("lost \(reason)") }
    }
}
