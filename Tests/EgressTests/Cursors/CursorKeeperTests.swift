// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// What several clients of one consumer do to its cursor.
@Suite struct CursorKeeperTests {
    private let loop = EmbeddedEventLoop()
    private let broker = MemoryBroker()
    private let channel = ChannelID(secret: Secret("s"))
    private let keeper: CursorKeeper

    init() {
        self.keeper = CursorKeeper(
            consumer: .anybody,
            channel: self.channel,
            broker: self.broker,
            eventLoop: self.loop
        )
    }

    private func publish() throws -> Position {
        let event = Event(platform: "qq", receivedAt: 0, body: ByteBuffer(), bodyIsUTF8: true)
        let publication = try self.broker.publish(event, to: self.channel, key: nil, retention: nil, on: self.loop)
            .future(on: self.loop).wait()
        guard case .stored(let position, feeds: _) = publication else { throw BrokerError.unavailable }
        return position
    }

    private var cursor: Position? {
        get throws { try self.broker.cursor(of: .anybody, on: self.channel, eventLoop: self.loop).wait() }
    }

    /// One client that says nothing does not keep the cursor from what another has had.
    @Test func silentClient() throws {
        let (dead, alive) = (NotingClient(), NotingClient())
        let position = try self.publish()
        for client in [dead, alive] { _ = self.keeper.sent(upTo: position, to: client) }
        var isBusy = self.keeper.visit()
        #expect(isBusy && dead.probes == [1] && alive.probes == [1])
        self.keeper.probeAnswered(1, by: alive)
        #expect(try self.cursor == position)
        isBusy = self.keeper.visit()
        #expect(!isBusy && dead.probes == [1])
        self.keeper.probeAnswered(1, by: dead)
        #expect(try self.cursor == position)
    }

    /// Of many clients a few are asked; when one goes, another takes its place.
    @Test func manyClients() throws {
        let clients = (0..<10).map { _ in NotingClient() }
        var position = try self.publish()
        for client in clients { _ = self.keeper.sent(upTo: position, to: client) }
        _ = self.keeper.visit()
        #expect(clients.map(\.probes.count) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
        self.keeper.ended(clients[0])
        self.keeper.probeAnswered(1, by: clients[0])
        #expect(try self.cursor == nil)
        position = try self.publish()
        for client in clients.dropFirst() { _ = self.keeper.sent(upTo: position, to: client) }
        _ = self.keeper.visit()
        #expect(clients[4].probes == [1])
        self.keeper.probeAnswered(1, by: clients[4])
        #expect(try self.cursor == position)
    }

    /// A client may end while it is asked.
    @Test func endsWhenAsked() throws {
        let clients = (0..<3).map { _ in NotingClient() }
        let position = try self.publish()
        for client in clients {
            _ = self.keeper.sent(upTo: position, to: client)
            client.whenProbed = { [unowned client] in self.keeper.ended(client) }
        }
        var isBusy = self.keeper.visit()
        #expect(isBusy && clients.allSatisfy { $0.probes == [1] })
        isBusy = self.keeper.visit()
        #expect(!isBusy)
    }

    /// The lane is told once that there is something to keep, and not for what is known already.
    @Test func visits() throws {
        let client = NotingClient()
        let position = try self.publish()
        var mustVisit = self.keeper.sent(upTo: position, to: client)
        #expect(mustVisit)
        self.keeper.isVisited = true
        mustVisit = self.keeper.sent(upTo: position, to: client)
        #expect(!mustVisit)
        self.keeper.isVisited = false
        self.keeper.saidGoodbye(at: position)
        mustVisit = self.keeper.sent(upTo: position, to: client)
        #expect(!mustVisit)
    }
}
