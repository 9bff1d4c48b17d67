// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Testing

@testable import Egress
@testable import Shared

@Suite struct HubTests {
    private let loop = EmbeddedEventLoop()
    private let broker = MemoryBroker()
    private let channel = ChannelID(secret: Secret("s"))

    /// One feed serves all sockets of a channel, and ends some time after the last has left.
    @Test func feedsAreShared() throws {
        let hub = Hub(broker: self.broker, grace: .seconds(5))
        let first = try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        let second = try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        #expect(first.feed === second.feed)
        #expect(hub.feedCount == 1)
        first.giveBack()
        first.giveBack()
        self.loop.advanceTime(by: .seconds(10))
        #expect(hub.feedCount == 1)
        second.giveBack()
        self.loop.advanceTime(by: .seconds(4))
        #expect(hub.feedCount == 1)
        self.loop.advanceTime(by: .seconds(1))
        #expect(hub.feedCount == 0)
        #expect(self.broker.channelCount == 0)
    }

    /// A bot that comes back within the grace finds its feed, and the feed's end is put off.
    @Test func returningSockets() throws {
        let hub = Hub(broker: self.broker, grace: .seconds(5))
        let first = try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        let feed = first.feed
        first.giveBack()
        self.loop.advanceTime(by: .seconds(1))
        let second = try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        #expect(second.feed === feed)
        self.loop.advanceTime(by: .seconds(1))
        second.giveBack()
        self.loop.advanceTime(by: .seconds(4))
        #expect(hub.feedCount == 1)
        self.loop.advanceTime(by: .seconds(1))
        #expect(hub.feedCount == 0)
    }

    /// A place that nobody holds any more, because its client vanished, is given back by itself.
    @Test func forgottenPlaces() throws {
        let hub = Hub(broker: self.broker, grace: .zero)
        do {
            _ = try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        }
        self.loop.advanceTime(by: .seconds(1))
        #expect(hub.feedCount == 0)
    }

    /// A feed that could not begin is not kept for the next socket.
    @Test func failingFeeds() throws {
        let hub = Hub(broker: RefusingBroker(.unavailable), grace: .zero)
        #expect(throws: BrokerError.unavailable) {
            try hub.takePlace(on: self.channel, eventLoop: self.loop).wait()
        }
        #expect(hub.feedCount == 0)
    }
}
