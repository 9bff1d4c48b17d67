// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Synchronization
import Testing

@testable import Egress

/// What operators are told of a lane's connections.
@Suite struct ReceptionTests {
    /// Of a registered bot all are told, by what they came and since when; the last to go takes the sheet away. Of others
    /// nobody is told anything.
    @Test func sheets() throws {
        let loop = EmbeddedEventLoop()
        let board = LocalPresenceBoard()
        let registry = BotRegistry()
        let name = try #require(BotName("alpha"))
        let bot = Bot(name: name, platform: .qq, secret: Secret("a secret"))
        registry.renew(BotDirectory([bot]))
        let reception = Reception(
            board: board,
            node: "here",
            access: Access(mode: .registered, registry: registry),
            now: { 1_700_000_000_000 },
            eventLoop: loop
        )
        let stranger = ChannelID(secret: Secret("nobody's"))
        let (first, second, third) = (RecordingMember(), RecordingMember(), RecordingMember())
        first.attendee = Attendee(speech: .gateway, consumer: "logger", offset: 5)
        func sheets() throws -> [[PresenceSheet]] {
            try board.sheets(on: [bot.channel, stranger], now: 1_700_000_000_000, eventLoop: loop).wait()
        }
        reception.came(first, to: bot.channel)
        reception.came(second, to: bot.channel)
        reception.came(third, to: stranger)
        reception.look(now: .now()) { $0 == bot.channel ? [first, second] : [third] }
        let told = try sheets()
        #expect(told[1].isEmpty && told[0].count == 1)
        let sheet = try #require(told[0].first)
        #expect(sheet.node == "here" && sheet.count == 2)
        #expect(
            sheet.sockets.first
                == SocketPresence(speech: .gateway, since: 1_700_000_000_000, consumer: "logger", offset: 5)
        )
        reception.went(first, from: bot.channel, isLast: false)
        reception.went(second, from: bot.channel, isLast: true)
        #expect(try sheets()[0].isEmpty)
    }

    /// The board hears nothing of a bot that is not registered, not even that its last client has gone.
    @Test func strangers() throws {
        let loop = EmbeddedEventLoop()
        let board = CountingBoard()
        let registry = BotRegistry()
        registry.renew(BotDirectory([]))
        let access = Access(mode: .open, registry: registry)
        let reception = Reception(board: board, node: "here", access: access, now: { 1 }, eventLoop: loop)
        let (channel, member) = (ChannelID(secret: Secret("nobody's")), RecordingMember())
        for _ in 0..<3 {
            reception.came(member, to: channel)
            reception.look(now: .now()) { _ in [member] }
            reception.went(member, from: channel, isLast: true)
        }
        #expect(board.posts == 0)
    }
}

/// Counts what it is told.
private final class CountingBoard: PresenceBoard {
    private let count = Mutex(0)

    var posts: Int { self.count.withLock { $0 } }

    func post(_ sheet: PresenceSheet, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {
        self.count.withLock { $0 += 1 }
    }

    func sheets(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceSheet]]> {
        eventLoop.makeSucceededFuture(channels.map { _ in [] })
    }
}
