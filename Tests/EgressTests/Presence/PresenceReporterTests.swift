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
@Suite struct PresenceReporterTests {
    /// Of a registered bot all are told, by what they came and since when; the last to go takes the report away. Of others
    /// nobody is told anything.
    @Test func reports() throws {
        let loop = EmbeddedEventLoop()
        let store = LocalPresenceStore()
        let registry = BotRegistry()
        let name = try #require(BotName("alpha"))
        let bot = Bot(name: name, platform: .qq, secret: Secret("a secret"))
        registry.renew(BotDirectory([bot]))
        let presenceReporter = PresenceReporter(
            store: store,
            node: "here",
            access: Access(mode: .registered, registry: registry),
            now: { 1_700_000_000_000 },
            eventLoop: loop
        )
        let stranger = ChannelID(secret: Secret("nobody's"))
        let (first, second, third) = (RecordingMember(), RecordingMember(), RecordingMember())
        first.presenceDetails = PresenceDetails(speech: .gateway, consumer: "logger", offset: 5)
        func reports() throws -> [[PresenceReport]] {
            try store.reports(on: [bot.channel, stranger], now: 1_700_000_000_000, eventLoop: loop).wait()
        }
        presenceReporter.came(first, to: bot.channel)
        presenceReporter.came(second, to: bot.channel)
        presenceReporter.came(third, to: stranger)
        presenceReporter.look(now: .now()) { $0 == bot.channel ? [first, second] : [third] }
        let told = try reports()
        #expect(told[1].isEmpty && told[0].count == 1)
        let report = try #require(told[0].first)
        #expect(report.node == "here" && report.count == 2)
        #expect(
            report.sockets.first
                == SocketPresence(speech: .gateway, since: 1_700_000_000_000, consumer: "logger", offset: 5)
        )
        presenceReporter.went(first, from: bot.channel, isLast: false)
        presenceReporter.went(second, from: bot.channel, isLast: true)
        #expect(try reports()[0].isEmpty)
    }

    /// The store hears nothing of a bot that is not registered, not even that its last client has gone.
    @Test func strangers() throws {
        let loop = EmbeddedEventLoop()
        let store = CountingStore()
        let registry = BotRegistry()
        registry.renew(BotDirectory([]))
        let access = Access(mode: .open, registry: registry)
        let presenceReporter = PresenceReporter(store: store, node: "here", access: access, now: { 1 }, eventLoop: loop)
        let (channel, member) = (ChannelID(secret: Secret("nobody's")), RecordingMember())
        for _ in 0..<3 {
            presenceReporter.came(member, to: channel)
            presenceReporter.look(now: .now()) { _ in [member] }
            presenceReporter.went(member, from: channel, isLast: true)
        }
        #expect(store.posts == 0)
    }
}

/// Counts what it is told.
private final class CountingStore: PresenceStore {
    private let count = Mutex(0)

    var posts: Int { self.count.withLock { $0 } }

    func post(_ report: PresenceReport, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {
        self.count.withLock { $0 += 1 }
    }

    func reports(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceReport]]> {
        eventLoop.makeSucceededFuture(channels.map { _ in [] })
    }
}
