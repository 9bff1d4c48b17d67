// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Logging
import NIOCore
import RedisServer
import Shared
import Synchronization
import Testing

@testable import RedisBroker

/// Replies over a real Redis, where nodes and connections fail.
@Suite(.timeLimit(.minutes(3))) struct RedisReplyTests {
    /// A receiver that accepts everything, and counts.
    private final class Receiver: ReplyReceiver {
        let count = Mutex(0)

        func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome {
            self.count.withLock { $0 += 1 }
            return .accepted
        }
    }

    private static func open(_ node: NodeID, of broker: RedisBroker, _ receiver: Receiver) async throws {
        _ = try await broker.openInbox(of: node, to: receiver, on: Fixtures.eventLoop).get()
    }

    private static func reply(_ broker: RedisBroker, to node: NodeID) async throws -> ReplyOutcome {
        try await broker.reply(.text("a"), to: .random(node: node), on: Fixtures.eventLoop).get()
    }

    /// A node that neither asks nor waits subscribes to nothing; one that does, to its own channel and the probe's.
    @Test func onlyThoseWhoNeedItSubscribe() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            $0.feeds = false
        } _: { broker in
            func channels(_ pattern: String) throws -> [Substring] {
                try server.command("PUBSUB", "CHANNELS", pattern).split(separator: "\n")
            }
            #expect(try channels("*") == [])
            let node = NodeID(rawValue: 0xA1)
            try await Self.open(node, of: broker, Receiver())
            #expect(try channels("hw:reply:*") == ["hw:reply:00000000000000a1"])
            #expect(try channels("hw:outcome:*") == [])
            // A reply to its own node needs no Redis.
            #expect(try await Self.reply(broker, to: node) == .accepted)
            #expect(try channels("hw:outcome:*") == [])
            #expect(try await Self.reply(broker, to: .random()) == .unknown)
            #expect(try channels("hw:outcome:*").count == 1)
        }
    }

    /// After its connections were cut, and after Redis was away, an inbox is open again.
    @Test func anInboxComesBack() async throws {
        let server = try await RedisServer.start(.init(appendOnly: true))
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            // What is asked while the inbox comes back is waited for in vain, for so long.
            $0.replyTimeout = .seconds(4)
        } _: { asking in
            try await bed.withRedisBroker {
                $0.feeds = false
            } _: { waiting in
                let (node, receiver) = (NodeID.random(), Receiver())
                try await Self.open(node, of: waiting, receiver)
                #expect(try await Self.reply(asking, to: node) == .accepted)
                try server.command("CLIENT", "KILL", "TYPE", "pubsub")
                try await Self.replyUntilAccepted(asking, to: node)
                try server.kill()
                // A node whose inbox is cut off is not ready, though it feeds nobody.
                try await until { waiting.health != .ready }
                await #expect(throws: BrokerError.self) { try await Self.reply(asking, to: node) }
                try await server.start()
                try await Self.replyUntilAccepted(asking, to: node)
                try await until { waiting.health == .ready }
                // One whose outcome was lost with the connection was accepted too.
                #expect(receiver.count.withLock { $0 } >= 3)
            }
        }
    }

    /// Until the connections are back a reply may fail, or find nobody: it says so each time.
    private static func replyUntilAccepted(_ broker: RedisBroker, to node: NodeID) async throws {
        while (try? await self.reply(broker, to: node)) != .accepted {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// An inbox can be asked for before Redis is there, and opens when it is.
    @Test func anInboxWaitsForRedis() async throws {
        let server = try await RedisServer.start(.init(appendOnly: true))
        try server.kill()
        let broker = try RedisBrokerTestBed(server: server).broker { $0.feeds = false }
        let (node, receiver) = (NodeID.random(), Receiver())
        let opened = broker.openInbox(of: node, to: receiver, on: Fixtures.eventLoop)
        broker.start()
        try await server.start()
        _ = try await opened.get()
        try await RedisBrokerTestBed(server: server).withRedisBroker { asking in
            let outcome = try await Self.reply(asking, to: node)
            #expect(outcome == .accepted)
        }
        await broker.shutdown()
    }

    /// What became of a reply is told when the connection for it is back, where the inbox hears before.
    @Test func anOutcomeWaitsForItsConnection() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { asking in
            try await bed.withRedisBroker {
                $0.feeds = false
                ($0.redis.firstBackoff, $0.redis.maximumBackoff) = (.seconds(1), .seconds(1))
            } _: { waiting in
                let node = NodeID.random()
                try await Self.open(node, of: waiting, Receiver())
                #expect(try await Self.reply(asking, to: node) == .accepted)
                try server.command("CLIENT", "KILL", "TYPE", "normal")
                var outcome: ReplyOutcome?
                while outcome == nil {
                    do {
                        outcome = try await Self.reply(asking, to: node)
                    } catch is BrokerError {
                        // The sender's own connection comes back much sooner.
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
                #expect(outcome == .accepted)
            }
        }
    }

    /// A node whose subscription was lost a moment ago is not taken for one that is gone.
    @Test func anInboxThatIsMadeAnewIsWaitedFor() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            $0.feeds = false
        } _: { waiting in
            let node = NodeID.random()
            try await Self.open(node, of: waiting, Receiver())
            let clients = try server.command("CLIENT", "LIST", "TYPE", "pubsub").matches(of: /(?m)^id=(\d+)/).map(\.1)
            try await bed.withRedisBroker { asking in
                #expect(try await Self.reply(asking, to: node) == .accepted)
                for client in clients { try server.command("CLIENT", "KILL", "ID", String(client)) }
                #expect(try await Self.reply(asking, to: node) == .accepted)
            }
        }
    }

    /// A node that has the subscription and does not answer is waited for no longer than the time for it. It may have the
    /// reply.
    @Test func aSilentNodeTimesOut() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            $0.replyTimeout = .milliseconds(300)
        } _: { broker in
            // The test's own client takes the node's place: it hears, and says nothing.
            let node = NodeID.random()
            let silent = RedisNode(
                configuration: try RedisConfiguration(url: RedisURL(server.url)),
                group: Fixtures.group,
                logger: .init(label: "test")
            )
            silent.subscribe([ReplyChannel.inbox(node).name])
            silent.start()
            try await until {
                try server.command("PUBSUB", "NUMSUB", ReplyChannel.inbox(node).name).hasSuffix("1")
            }
            await #expect(throws: BrokerError.timeout) { try await Self.reply(broker, to: node) }
            await silent.shutdown()
        }
    }

    /// What stands in a node's channel and is no reply harms nobody.
    @Test func strangersAreIgnored() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withBrokers { asking, waiting in
            let (node, receiver) = (NodeID.random(), Receiver())
            _ = try await waiting.openInbox(of: node, to: receiver, on: Fixtures.eventLoop).get()
            for text in ["", "x", String(repeating: "y", count: 100)] {
                try server.command("PUBLISH", ReplyChannel.inbox(node).name, text)
            }
            let outcome = try await asking.reply(.text("a"), to: .random(node: node), on: Fixtures.eventLoop).get()
            #expect(outcome == .accepted)
            #expect(receiver.count.withLock { $0 } == 1)
        }
    }

    /// After the shutdown all that is asked fails, and who waits for an inbox is told.
    @Test func afterTheShutdownAllFails() async throws {
        let server = try await RedisServer.start(.init(appendOnly: true))
        try server.kill()
        let broker = try RedisBrokerTestBed(server: server).broker()
        broker.start()
        let opening = broker.openInbox(of: .random(), to: Receiver(), on: Fixtures.eventLoop)
        await broker.shutdown()
        await #expect(throws: BrokerError.closed) { _ = try await opening.get() }
        await #expect(throws: BrokerError.closed) { try await Self.open(.random(), of: broker, Receiver()) }
        await #expect(throws: BrokerError.closed) { try await Self.reply(broker, to: .random()) }
    }
}
