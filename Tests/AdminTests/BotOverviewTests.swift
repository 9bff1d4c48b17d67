// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Synchronization
import Testing

@testable import Admin

@Suite struct BotOverviewTests {
    /// A store whose store is away.
    private struct AbsentBoard: PresenceStore {
        func post(_ report: PresenceReport, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {}

        func reports(
            on channels: [ChannelID],
            now: Int64,
            eventLoop: any EventLoop
        ) -> EventLoopFuture<[[PresenceReport]]> {
            eventLoop.makeFailedFuture(BrokerError.unavailable)
        }
    }

    /// A broker that counts the events that are read from its logs.
    private final class CountingBroker: ForwardingBroker {
        let base: any Broker = MemoryBroker()
        private let read = Mutex(0)

        func log(
            _ channel: ChannelID,
            after position: Position?,
            limit: Int,
            on eventLoop: any EventLoop
        ) -> EventLoopFuture<LogPage> {
            self.base.log(channel, after: position, limit: limit, on: eventLoop).map { page in
                if case .entries(let entries, _) = page { self.read.withLock { $0 += entries.count } }
                return page
            }
        }

        /// How many were read since the last time.
        func takeCount() -> Int {
            self.read.withLock { read in
                defer { read = 0 }
                return read
            }
        }
    }

    private let loop = EmbeddedEventLoop()
    private let bot: Bot

    init() throws {
        self.bot = Bot(name: try #require(BotName("alpha")), platform: .qq, secret: Secret("a secret of alpha's"))
    }

    private func status(_ overview: BotOverview) throws -> BotStatus {
        try #require(try overview.status(of: [self.bot], on: self.loop).wait()[0])
    }

    private func publish(to broker: any Broker, at time: Int64) throws {
        let event = Event(platform: "qq", receivedAt: time, body: ByteBuffer(string: "{}"), bodyIsUTF8: true)
        _ = try broker.publish(event, to: self.bot.channel, key: nil, retention: nil, on: self.loop)
            .future(on: self.loop).wait()
    }

    /// Who is connected is not said where that is not known: none would be something else.
    @Test func unknownPresence() throws {
        let overview = BotOverview(broker: MemoryBroker(), presence: AbsentBoard(), now: { 0 })
        let unknown = try self.status(overview)
        #expect(unknown.sockets == nil)
        #expect(String(decoding: unknown.json, as: UTF8.self) == #"{"events":0}"#)
        let known = try self.status(BotOverview(broker: MemoryBroker(), presence: LocalPresenceStore(), now: { 0 }))
        #expect(String(decoding: known.json, as: UTF8.self) == #"{"events":0,"sockets":0,"nodes":[]}"#)
    }

    /// Events may be large: none is read again where no other came.
    @Test func readsNewEventsOnly() throws {
        let broker = CountingBroker()
        let overview = BotOverview(broker: broker, presence: LocalPresenceStore(), now: { 0 })
        #expect(try self.status(overview).lastEvent == nil)
        for time in [5, 6, 7] as [Int64] { try self.publish(to: broker, at: time) }
        #expect(try self.status(overview).lastEvent == 7)
        #expect(broker.takeCount() == 1)
        let same = try self.status(overview)
        #expect(same.events == 3 && same.lastEvent == 7)
        #expect(broker.takeCount() == 0)
        try self.publish(to: broker, at: 9)
        let other = try self.status(overview)
        #expect(other.events == 4 && other.lastEvent == 9)
        #expect(broker.takeCount() == 1)
    }
}
