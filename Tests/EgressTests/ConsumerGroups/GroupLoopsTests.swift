// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// Members of one group on two event loops of a node: what becomes of what one of them does not do.
@Suite struct GroupLoopsTests {
    /// Takes as many events as it is told to.
    private final class Member: GroupMember {
        let speech = SocketPresence.Speech.raw
        var credit = 10
        private(set) var offsets: [UInt64] = []
        private(set) var attempts: [Int] = []
        private(set) var last: GroupSettlement.Attempt?

        func take(_ deliveries: ArraySlice<GroupPage.Delivery>, askedAt: NIODeadline) {
            self.offsets += deliveries.map(\.entry.position.offset)
            self.attempts += deliveries.map(\.attempt)
            self.last = deliveries.last.map { GroupSettlement.Attempt($0) }
        }

        func visited() {}
        func refused() {}
    }

    /// One event loop with a reader of the group.
    private struct Side {
        let loop = EmbeddedEventLoop()
        let lane: Lane
        let reader: GroupReader
        let membership: FanOutMembership
        /// What keeps the reader's place on the feed.
        let socket = RecordingMember()

        init(hub: Hub, broker: MemoryBroker, channel: ChannelID, group: StreamRequest.Group) throws {
            self.lane = Lane(configuration: EgressConfiguration(), broker: broker, eventLoop: self.loop)
            let place = hub.takePlace(on: channel, eventLoop: self.loop)
            self.loop.run()
            self.membership = FanOutMembership(place: try place.wait(), lane: self.lane)
            self.membership.join(self.socket)
            self.reader = self.membership.reader(
                of: group,
                start: nil,
                metrics: GroupMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            )
            let reader = self.reader
            self.socket.onDelivery = { reader.wake() }
        }

        /// A member does not want what it was given last.
        func refuse(by member: Member, attempt: Int) throws {
            self.reader.refused(by: member, attempt: attempt)
            self.reader.settle(.nack, [try #require(member.last)])
        }
    }

    private let broker = MemoryBroker()
    private let channel = ChannelID.random()
    private let one: Side
    private let other: Side

    init() throws {
        let hub = Hub(broker: self.broker, grace: .seconds(5))
        let group = StreamRequest.Group(
            name: try #require(ConsumerName("workers")),
            visibility: .seconds(60),
            attempts: 5,
            prefetch: 32
        )
        self.one = try Side(hub: hub, broker: self.broker, channel: self.channel, group: group)
        self.other = try Side(hub: hub, broker: self.broker, channel: self.channel, group: group)
    }

    private func run() {
        for _ in 0..<20 {
            self.one.loop.advanceTime(by: .microseconds(50))
            self.other.loop.advanceTime(by: .microseconds(50))
        }
    }

    private func publish() throws {
        let event = Event(platform: "qq", receivedAt: 0, body: ByteBuffer(string: "{}"), bodyIsUTF8: true)
        let publication = self.broker.publish(event, to: self.channel, key: nil, retention: nil, on: self.one.loop)
            .future(on: self.one.loop)
        self.run()
        _ = try publication.wait()
    }

    /// What a member refuses goes to one on another loop at once, and not back to it.
    @Test func refused() throws {
        let (refusing, healthy) = (Member(), Member())
        healthy.credit = 0
        self.one.reader.join(refusing)
        self.other.reader.join(healthy)
        try self.publish()
        #expect(refusing.offsets == [1])
        healthy.credit = 10
        try self.one.refuse(by: refusing, attempt: 1)
        self.run()
        #expect(refusing.offsets == [1] && healthy.offsets == [1] && healthy.attempts == [2])
    }

    /// Beside it on its loop stands one that has refused nothing: whatever comes is that one's, as far as it has room.
    @Test func refusedBeside() throws {
        let (refusing, healthy) = (Member(), Member())
        healthy.credit = 0
        self.one.reader.join(refusing)
        self.one.reader.join(healthy)
        try self.publish()
        try self.publish()
        #expect(refusing.offsets == [1, 2])
        healthy.credit = 1
        try self.one.refuse(by: refusing, attempt: 1)
        self.run()
        #expect(healthy.offsets.first == 2 && refusing.offsets == [1, 2])
        healthy.credit = 0
        try self.publish()
        #expect(refusing.offsets == [1, 2, 3])
    }

    /// A member that is alone gets what it refused after a pause, which is longer each time; what is new it gets at once,
    /// and what it has refused for the last time is a dead letter at once.
    @Test func alone() throws {
        let member = Member()
        self.one.reader.join(member)
        try self.publish()
        for (attempt, pause) in [(1, 3), (2, 6), (3, 12), (4, 24)] as [(Int, Int64)] {
            try self.one.refuse(by: member, attempt: attempt)
            self.run()
            self.one.loop.advanceTime(by: .seconds(pause) - .milliseconds(100))
            #expect(member.attempts == Array(1...attempt))
            // The next look.
            self.one.loop.advanceTime(by: .seconds(2) + .milliseconds(100))
            #expect(member.attempts == Array(1...(attempt + 1)))
        }
        try self.one.refuse(by: member, attempt: 5)
        self.run()
        #expect(
            try self.broker.deadLetters(of: self.channel, after: 0, limit: 9, eventLoop: self.one.loop).wait().count
                == 1
        )
        try self.publish()
        #expect(member.offsets == [1, 1, 1, 1, 1, 2])
        try self.one.refuse(by: member, attempt: 1)
        try self.publish()
        #expect(member.offsets == [1, 1, 1, 1, 1, 2, 3])
    }

    /// What a member leaves behind goes to one on another loop at once.
    @Test func left() throws {
        let (going, staying) = (Member(), Member())
        self.one.reader.join(going)
        try self.publish()
        self.other.reader.join(staying)
        self.run()
        #expect(going.offsets == [1] && staying.offsets == [])
        self.one.reader.leave(going, .connectionLost, unsettled: [try #require(going.last)])
        self.run()
        #expect(staying.offsets == [1] && staying.attempts == [2])
    }

    /// What the members of a draining node leave behind is for another node's: theirs take nothing any more, and nobody has
    /// failed at it.
    @Test func drained() throws {
        let (going, next, elsewhere) = (Member(), Member(), Member())
        self.one.reader.join(going)
        try self.publish()
        self.one.reader.join(next)
        self.one.lane.rest()
        self.one.reader.leave(going, .drain, unsettled: [try #require(going.last)])
        try self.publish()
        self.one.loop.advanceTime(by: .seconds(10))
        #expect(next.offsets == [])
        self.other.reader.join(elsewhere)
        self.run()
        #expect(elsewhere.offsets == [1, 2] && elsewhere.attempts == [1, 1])
    }
}
