// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Foundation
import Logging
import NIOCore
import NIOPosix
import RedisServer
import Shared
import Synchronization
import Testing

@testable import RedisBroker

/// The broker's contract on a real cluster of three masters.
@Suite(.timeLimit(.minutes(3))) struct RedisClusterTests {
    /// With the user that the documentation gives a relay, so that its rights are known to be enough.
    private static let cluster = Task {
        let cluster = try await RedisServerCluster.start()
        let rights = try Self.documentedRights()
        for node in cluster.nodes { #expect(try node.command(rights) == "OK") }
        return cluster
    }

    private static func documentedRights() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let page = try String(contentsOf: root.appending(path: "docs/redis-cluster.md"), encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("ACL SETUSER hookwire ") })
        return line.replacing(">PASSWORD", with: ">hush").split(separator: " ").map(String.init)
    }

    private static func url(_ cluster: RedisServerCluster) -> String {
        cluster.url.replacing("://", with: "://hookwire:hush@")
    }

    private static func bed(_ cluster: RedisServerCluster, url: String? = nil) -> RedisBrokerTestBed {
        RedisBrokerTestBed(server: cluster.nodes[0], url: url ?? self.url(cluster))
    }

    /// Every rule of the contract holds.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: Self.bed(try await Self.cluster.value))
    }

    /// The registry lies in one slot, whichever node that is.
    @Test func registry() async throws {
        let cluster = try await Self.cluster.value
        var configuration = try RedisDeployment(Self.url(cluster)).configurations()[0]
        // The tests' machine may be busy.
        configuration.commandTimeout = .seconds(10)
        configuration.pingTimeout = .seconds(10)
        let store = RedisBotStore(
            configuration: configuration,
            key: try #require(RegistryEncryptionKey(String(repeating: "0f", count: 32))),
            group: Fixtures.group,
            audit: AuditLog(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let bot = Bot(name: try #require(BotName("a")), platform: .qq, secret: Secret("topsecret-topsecret"))
        try await store.change(bot.name, BotAction(.add, by: "cli:test"), BotChange.add(bot))
        #expect(try await store.bots() == [bot])
        #expect(try await store.audit(limit: 10).count == 1)
        await store.shutdown()
    }

    /// The logs of a node that does not answer are waited for by nobody else.
    @Test func silentNodesHoldUpNobody() async throws {
        let cluster = try await RedisServerCluster.start(arguments: ["--cluster-require-full-coverage", "no"])
        try await Self.bed(cluster, url: cluster.url).withRedisBroker { broker in
            var channels: [Int: [ChannelID]] = [:]
            while (channels[0]?.count ?? 0) < 100 || channels[1] == nil {
                let channel = Fixtures.channel()
                channels[cluster.owner(of: Int(ChannelKeys(channel).place.slot)), default: []].append(channel)
            }
            let healthy = try #require(channels[1]?.first)
            try await broker.publish(["a"], to: healthy)
            cluster.nodes[0].suspend()
            defer { cluster.nodes[0].resume() }
            let ended = Atomic(0)
            for channel in channels[0] ?? [] {
                broker.log(channel, after: nil, limit: 1, on: Fixtures.eventLoop).whenComplete { _ in
                    ended.add(1, ordering: .relaxed)
                }
            }
            #expect(try await broker.page(healthy).texts == ["a"])
            #expect(ended.load(ordering: .relaxed) == 0)
        }
    }

    /// Presence, leases and seats go to the nodes of their channels.
    @Test func limits() async throws {
        try await Self.bed(try await Self.cluster.value).withRedisBroker { broker in
            let loop = Fixtures.group.any()
            for _ in 0..<20 {
                let channel = Fixtures.channel()
                let limit = RateLimit(rate: 10, burst: 10)
                #expect(try await broker.leases.lease(1, of: limit, on: channel, eventLoop: loop).get().amount == 1)
                let seat = try await broker.seats.takeSeat(on: channel, limit: 1, eventLoop: loop).get()
                #expect(seat != nil)
                #expect(try await broker.seats.takeSeat(on: channel, limit: 1, eventLoop: loop).get() == nil)
            }
        }
    }

    /// Subscriptions that are lost come back with a command for each partition at most; ten thousand would, too, as the
    /// script of the state machine shows.
    @Test func resubscribesByPartition() async throws {
        let cluster = try await RedisServerCluster.start()
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        var configuration = try RedisDeployment(cluster.url).configurations()[0]
        configuration.keepAliveTimeout = .seconds(20)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RedisClient(configurations: [configuration], group: group, logger: logger)
        let listener = Counter()
        client.setSubscriptionDelegate(listener)
        client.start()
        for _ in 0..<2_000 {
            let keys = ChannelKeys(Fixtures.channel())
            client.subscribe(keys.feed, at: keys.place)
        }
        try await until { listener.subscribed.load(ordering: .relaxed) >= 2_000 }
        let before = try cluster.calls(of: "ssubscribe")
        for node in cluster.nodes { try node.command("CLIENT", "KILL", "TYPE", "pubsub") }
        try await until { listener.subscribed.load(ordering: .relaxed) >= 4_000 }
        #expect(listener.lost.load(ordering: .relaxed) == 3)
        #expect(try cluster.calls(of: "ssubscribe") - before <= 128)
        await client.shutdown()
        try await group.shutdownGracefully()
    }
}

/// Counts what it is told: thousands of names are not worth remembering.
private final class Counter: RedisSubscriptionDelegate {
    let subscribed = Atomic<Int>(0)
    let lost = Atomic<Int>(0)

    func subscribed(to channel: String) { self.subscribed.add(1, ordering: .relaxed) }
    func message(on channel: String, payload: ByteBuffer) {}
    func subscriptionsLost(_ channels: Set<String>, reason: String) { self.lost.add(1, ordering: .relaxed) }
}
