// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Glibc
import NIOCore
import NIOEmbedded
import NIOPosix
import Shared
import Synchronization
import Testing

@testable import Egress

/// Counts the bytes that come in.
private final class Arrivals: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let bytes = Mutex(0)

    var count: Int { self.bytes.withLock { $0 } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes.withLock { $0 += Self.unwrapInboundIn(data).readableBytes }
    }
}

@Suite struct LaneTests {
    private let loop = EmbeddedEventLoop()
    private let lane: Lane

    /// A lane whose clock goes on by as much as a write takes, each time that it is looked at.
    init() {
        let clock = TickingClock(step: .microseconds(20))
        self.lane = Lane(
            configuration: EgressConfiguration(),
            broker: RefusingBroker(),
            eventLoop: self.loop,
            clock: { clock.tick() }
        )
    }

    private func group(_ name: String, members: Int) -> (NIOLoopBound<ChannelFanOut>, [RecordingMember]) {
        let (group, isNew) = self.lane.group(of: ChannelID(secret: Secret(name)))
        #expect(isNew)
        let recording = (0..<members).map { _ in RecordingMember() }
        for member in recording { group.add(member) }
        return (NIOLoopBound(group, eventLoop: self.loop), recording)
    }

    private func run() {
        for _ in 0..<1_000 { self.loop.advanceTime(by: .microseconds(20)) }
    }

    /// What is posted arrives in its order.
    @Test func delivers() {
        let (group, members) = self.group("a", members: 2)
        for offset in 1...10 { _ = self.lane.post(.sample(UInt64(offset)), to: group) }
        self.run()
        for member in members { #expect(member.offsets == Array(1...10)) }
    }

    /// A channel with many sockets does not hold up one with few, whose event goes first wherever the round of many is.
    @Test func turns() {
        let (large, many) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        _ = self.lane.post(.sample(1), to: large)
        self.loop.run()
        var served: [Int] = []
        few[0].onDelivery = { served.append(many.count { !$0.offsets.isEmpty }) }
        for offset in 1...5 {
            let before = many.count { !$0.offsets.isEmpty }
            #expect(before > 0 && before < 1_000)
            _ = self.lane.post(.sample(UInt64(offset)), to: small)
            self.loop.advanceTime(by: .microseconds(20))
            #expect(few[0].offsets.count == offset)
            #expect(served.last == before)
            #expect(many.count { !$0.offsets.isEmpty } > before, "the round goes on all the same")
        }
        self.run()
        for member in many { #expect(member.offsets == [1]) }
    }

    /// The loop has its input looked at after a bounded time of delivering.
    @Test func slices() {
        let (large, many) = self.group("large", members: 1_000)
        _ = self.lane.post(.sample(1), to: large)
        self.loop.run()
        // The time of eight looks at the clock: the first at the second socket, the others at each fourth.
        #expect(many.count { !$0.offsets.isEmpty } == 30)
    }

    /// The loop has its input looked at while thousands of cursors are kept, too; each keeper has its visit.
    @Test func visitsAFewAtOnce() throws {
        let clients = (0..<100).map { _ in NotingClient() }
        for (index, client) in clients.enumerated() {
            let keeper = CursorKeeper(
                consumer: .anybody,
                channel: ChannelID(secret: Secret("\(index)")),
                broker: RefusingBroker(),
                eventLoop: self.loop
            )
            #expect(keeper.sent(upTo: Position(epoch: Epoch(rawValue: 1), offset: 1), to: client) == true)
            self.lane.visit(keeper)
        }
        self.loop.advanceTime(by: .seconds(1))
        var counts = [clients.count { !$0.probes.isEmpty }]
        for _ in 0..<4 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(clients.count { !$0.probes.isEmpty })
        }
        #expect(counts == [32, 64, 96, 100, 100])
    }

    /// Nor do thousands of sockets that are to be pinged in the same second keep the loop from its input.
    @Test func pingsAFewAtOnce() throws {
        var configuration = EgressConfiguration()
        configuration.pingInterval = .seconds(4)
        configuration.pongTimeout = .seconds(1)
        let lane = Lane(configuration: configuration, broker: RefusingBroker(), eventLoop: self.loop)
        let sockets = try (0..<400).map { _ in try WebSocketTestSocket() }
        for socket in sockets { lane.startHeartbeat(of: socket.handler) }
        var count = 0
        func newPings() throws -> Int {
            let before = count
            for socket in sockets { count += try socket.sent().count { $0.opcode == 0x9 } }
            return count - before
        }
        self.loop.advanceTime(by: .seconds(1))
        var counts = [try newPings()]
        for _ in 0..<4 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(try newPings())
        }
        #expect(counts == [32, 32, 32, 4, 0])
    }

    /// Between two slices the loop looks at its input, however long what it has to do besides takes, like writing answers.
    @Test func inputBetweenSlices() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let arrivals = Arrivals()
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(arrivals) }
            }
            .takingOwnershipOfDescriptor(input: readEnd)
            .get()
        // Each slice sends a byte that is there at once, and leaves something to do that takes longer than the pause. How
        // many bytes were read when a slice began says whether the loop had looked.
        let seen = try await loop.submit {
            let clock = TickingClock(step: .microseconds(20))
            let lane = Lane(
                configuration: EgressConfiguration(),
                broker: RefusingBroker(),
                eventLoop: loop,
                clock: { clock.tick() },
                turns: LoopTurns(yieldTime: .milliseconds(10))
            )
            let round = lane.group(of: ChannelID(secret: Secret("a"))).group
            let done = loop.makePromise(of: [Int].self)
            var seen: [Int] = []
            for index in 0..<300 {
                let member = RecordingMember()
                member.onDelivery = {
                    guard index % 30 == 0 else { return }
                    seen.append(arrivals.count)
                    precondition(write(writeEnd, "x", 1) == 1)
                    loop.execute {
                        let end = NIODeadline.now() + .milliseconds(15)
                        while NIODeadline.now() < end {}
                    }
                    if index == 270 { done.succeed(seen) }
                }
                round.add(member)
            }
            _ = lane.post(.sample(1), to: NIOLoopBound(round, eventLoop: loop))
            return done.futureResult
        }.flatMap { $0 }.get()
        #expect(seen == Array(0..<10))
        try await channel.close()
        close(writeEnd)
        try await group.shutdownGracefully()
    }

    /// Publishers to a channel in the middle of its round are told to go on a few at a time, so that they do not all come
    /// back at once; the publisher of another when the lane has taken the event.
    @Test func paces() throws {
        let (large, _) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        #expect(self.lane.post(.sample(1), to: large) == nil)
        self.loop.run()
        var told: [Int] = []
        for offset in 2...11 {
            guard case .busy(let turn)? = self.lane.post(.sample(UInt64(offset)), to: large) else {
                Issue.record("the lane is in the middle of a round, and not behind")
                return
            }
            turn.assumeIsolated().whenSuccess { told.append(offset) }
        }
        var smallTold: [Int] = []
        for offset in 1...2 {
            let turn = self.lane.post(.sample(UInt64(offset)), to: small)?.relief
            try #require(turn).assumeIsolated().whenSuccess { smallTold.append(offset) }
        }
        var counts: [Int] = []
        for _ in 0..<4 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(told.count)
            #expect(smallTold == [1, 2])
        }
        #expect(counts == [4, 8, 10, 10])
        #expect(told == Array(2...11))
        #expect(few[0].offsets == [1, 2])
        self.run()
        #expect(self.lane.post(.sample(12), to: large) == nil, "the round is over")
    }

    /// Turns that come faster than they are told do not pile up: some are given that nobody waits for.
    @Test func turnsDoNotPileUp() {
        let (group, members) = self.group("a", members: 40)
        var posted: UInt64 = 1
        _ = self.lane.post(.sample(posted), to: group)
        self.loop.run()
        var given = 0
        var told = 0
        for _ in 0..<200 {
            for _ in 0..<10 {
                posted += 1
                guard case .busy(let turn)? = self.lane.post(.sample(posted), to: group) else { continue }
                given += 1
                turn.assumeIsolated().whenSuccess { told += 1 }
            }
            self.loop.advanceTime(by: .microseconds(10))
            #expect(given - told <= 32)
        }
        #expect(given > 600)
        self.run()
        #expect(told == given)
        for member in members { #expect(member.offsets == Array(1...posted)) }
    }

    /// Publishers are asked to wait once more events are undelivered than a batch is worth: for their own event.
    @Test func backPressure() throws {
        let (group, members) = self.group("a", members: 1)
        for offset in 1...32 { #expect(self.lane.post(.sample(UInt64(offset)), to: group) == nil) }
        let delivered = try #require(self.lane.post(.sample(33), to: group)).relief
        var isDelivered = false
        delivered.assumeIsolated().whenSuccess { isDelivered = true }
        #expect(!isDelivered)
        self.run()
        #expect(isDelivered)
        #expect(members[0].offsets.count == 33)
        #expect(self.lane.post(.sample(34), to: group) == nil)
    }

    /// Publishers that wait for one round are told a few at a time, in their order, and the loop looks at its input between.
    @Test func releases() throws {
        let (group, _) = self.group("a", members: 1)
        var released: [Int] = []
        for offset in 1...42 {
            let delivered = self.lane.post(.sample(UInt64(offset)), to: group)?.relief
            delivered?.assumeIsolated().whenSuccess { released.append(offset) }
        }
        self.loop.run()
        var counts = [released.count]
        for _ in 0..<3 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(released.count)
        }
        #expect(counts == [4, 8, 10, 10])
        #expect(released == Array(33...42))
    }

    /// Where a channel with many sockets has the lane behind, the publisher of another waits for its own sockets only.
    @Test func backPressureOfOthers() throws {
        let (large, many) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        var largeIsDelivered = false
        for offset in 1...33 {
            let delivered = self.lane.post(.sample(UInt64(offset)), to: large)?.relief
            delivered?.assumeIsolated().whenSuccess { largeIsDelivered = true }
        }
        self.loop.run()
        var smallIsDelivered = false
        let delivered = try #require(self.lane.post(.sample(1), to: small)).relief
        delivered.assumeIsolated().whenSuccess { smallIsDelivered = true }
        self.loop.advanceTime(by: .microseconds(20))
        #expect(smallIsDelivered)
        #expect(few[0].offsets == [1])
        #expect(!largeIsDelivered)
        self.run()
        #expect(largeIsDelivered)
        for member in many { #expect(member.offsets == Array(1...33)) }
    }
}
