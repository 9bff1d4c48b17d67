// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Egress
internal import NIOCore
internal import NIOEmbedded
internal import Shared

/// An event on its way from a feed to the members of a channel on one event loop.
enum HubFanOut {
    private static let memberCount = 1_000

    static var benchmarks: [Benchmark] {
        [
            Benchmark(
                "fan-out/lane-1000-members",
                against: "fan-out/loop-1000-members",
                expecting: Self.memberCount,
                prepare: Self.throughLane
            ),
            // No less can be done: each member is given the round, one after the other.
            Benchmark("fan-out/loop-1000-members", expecting: Self.memberCount, prepare: Self.byLoop),
        ]
    }

    /// Posts an event to a lane, and lets its loop run until all have it; gives how many have.
    private static func throughLane() throws -> () throws -> Int {
        let loop = EmbeddedEventLoop()
        let lane = Lane(configuration: EgressConfiguration(), broker: MemoryBroker(), eventLoop: loop)
        let group = lane.group(of: SampleEvent.channel).group
        let counter = DeliveryCounter()
        for _ in 0..<self.memberCount { group.add(CountingMember(counter)) }
        let bound = NIOLoopBound(group, eventLoop: loop)
        let entry = try SampleEvent.entry()
        var offset: UInt64 = 0
        return {
            offset += 1
            counter.deliveries = 0
            var next = entry
            next.position.offset = offset
            _ = lane.post(next, to: bound)
            // A bound, so that a lane that loses an event is a wrong result and no endless loop.
            for _ in 0..<self.memberCount where counter.deliveries < self.memberCount {
                // Longer than a lane leaves the loop to its input between two turns.
                loop.advanceTime(by: .microseconds(20))
            }
            return counter.deliveries
        }
    }

    private static func byLoop() throws -> () throws -> Int {
        let counter = DeliveryCounter()
        let members: [any FanOutMember] = (0..<self.memberCount).map { _ in CountingMember(counter) }
        let entry = try SampleEvent.entry()
        return {
            counter.deliveries = 0
            let round = FeedRound(entries: [entry])
            for member in members { member.deliver(round) }
            return counter.deliveries
        }
    }
}

/// How many members have an event.
private final class DeliveryCounter {
    var deliveries = 0
}

/// A member that takes the frames, as a raw socket does, and writes them nowhere.
private final class CountingMember: FanOutMember {
    var fanOutIndex = 0
    let admission: Admission? = nil
    private let counter: DeliveryCounter

    init(_ counter: DeliveryCounter) {
        self.counter = counter
    }

    func deliver(_ round: FeedRound) {
        let frames = round.rawFrames
        blackHole(frames)
        if frames.readableBytes > 0 { self.counter.deliveries += 1 }
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {}
    func deliveryNote(upTo end: Position) -> DeliveryNote? { nil }
    func drain() {}
    func dismiss(_ accessLoss: AccessLoss) {}

    var presenceDetails: PresenceDetails { preconditionFailure("a lane without a presence board asks nobody") }
}
