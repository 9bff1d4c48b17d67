// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Hookwire

/// What goes to the local server when, and what is acknowledged.
@Suite struct ForwardQueueTests {
    private static func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(1) + .milliseconds(milliseconds) }

    private static func queue(_ count: UInt64, concurrency: Int = 1, attempts: Int = 3) -> ForwardQueue {
        var queue = ForwardQueue(concurrency: concurrency, attempts: attempts)
        for offset in 1...count { queue.add(Envelopes.event(offset)) }
        return queue
    }

    private static func start(_ queue: inout ForwardQueue, at milliseconds: Int64 = 0) -> UInt64? {
        queue.next(now: self.at(milliseconds))?.event.position.offset
    }

    /// One at a time: the next starts when the one before is done, and each is acknowledged at once.
    @Test func oneAtATime() {
        var queue = Self.queue(3)
        for offset in UInt64(1)...3 {
            #expect(Self.start(&queue) == offset)
            #expect(Self.start(&queue) == nil)
            #expect(queue.answered(Envelopes.position(offset)) == Envelopes.position(offset))
        }
        #expect(Self.start(&queue) == nil && queue.count == 0)
    }

    /// So many at once, begun in order; acknowledged is only what has all before it done.
    @Test func window() {
        var queue = Self.queue(5, concurrency: 3)
        #expect((0..<4).map { _ in Self.start(&queue) } == [1, 2, 3, nil])
        #expect(queue.answered(Envelopes.position(3)) == nil)
        #expect(queue.answered(Envelopes.position(2)) == nil)
        #expect((0..<3).map { _ in Self.start(&queue) } == [4, 5, nil])
        #expect(queue.answered(Envelopes.position(1)) == Envelopes.position(3))
        #expect(queue.answered(Envelopes.position(5)) == nil)
        #expect(queue.answered(Envelopes.position(4)) == Envelopes.position(5))
    }

    /// A server that is away costs an event nothing: it keeps its place and is tried until the server is back.
    @Test func away() {
        var queue = Self.queue(2, attempts: 2)
        var now: Int64 = 0
        var pauses: [TimeAmount] = []
        for _ in 0..<20 {
            let (event, attempt) = queue.next(now: Self.at(now)) ?? (Envelopes.event(99), 99)
            #expect(event.position.offset == 1 && attempt == 1)
            guard case .retry(let pause) = queue.missed(event.position, .away, now: Self.at(now), dice: 1) else {
                Issue.record("it is tried again")
                return
            }
            pauses.append(pause)
            #expect(Self.start(&queue, at: now) == nil)
            now += pause.nanoseconds / 1_000_000
        }
        #expect(
            pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)] && pauses.last == .seconds(5)
        )
        #expect(Self.start(&queue, at: now) == 1)
        #expect(queue.answered(Envelopes.position(1)) == Envelopes.position(1))
        #expect(Self.start(&queue, at: now) == 2)
    }

    /// While the server is away one event finds out whether it is back, whatever the concurrency.
    @Test func oneAsks() {
        var queue = Self.queue(4, concurrency: 4)
        #expect((0..<4).map { _ in Self.start(&queue) } == [1, 2, 3, 4])
        for offset in UInt64(1)...4 { _ = queue.missed(Envelopes.position(offset), .away, now: Self.at(0), dice: 1) }
        #expect(Self.start(&queue, at: 249) == nil)
        #expect(Self.start(&queue, at: 250) == 1 && Self.start(&queue, at: 250) == nil)
        _ = queue.answered(Envelopes.position(1))
        #expect((0..<4).map { _ in Self.start(&queue, at: 250) } == [2, 3, 4, nil])
    }

    /// A server that takes an event and does not answer has so many attempts; then the next event has its turn.
    @Test func unanswered() {
        var queue = Self.queue(2, attempts: 2)
        #expect(Self.start(&queue) == 1)
        #expect(
            queue.missed(Envelopes.position(1), .unanswered, now: Self.at(0), dice: 1) == .retry(.milliseconds(250))
        )
        #expect(queue.next(now: Self.at(250))?.attempt == 2)
        #expect(queue.missed(Envelopes.position(1), .unanswered, now: Self.at(250), dice: 1) == .givenUp)
        let (done, pause) = queue.giveUp(Envelopes.position(1), now: Self.at(250), dice: 1)
        #expect(done == Envelopes.position(1) && pause == .milliseconds(500))
        #expect(Self.start(&queue, at: 250) == nil && Self.start(&queue, at: 750) == 2)
    }

    /// Events that are given up one after the other do not make it ask faster: the pauses grow until there is an answer.
    @Test func givenUpInARow() {
        var queue = Self.queue(20, attempts: 2)
        var (now, longest): (Int64, TimeAmount) = (0, .zero)
        for offset in UInt64(1)...10 {
            #expect(Self.start(&queue, at: now) == offset)
            guard
                case .retry(let pause) = queue.missed(
                    Envelopes.position(offset),
                    .unanswered,
                    now: Self.at(now),
                    dice: 1
                )
            else {
                Issue.record("it has another attempt")
                return
            }
            #expect(pause >= longest)
            now += pause.nanoseconds / 1_000_000
            #expect(Self.start(&queue, at: now) == offset)
            #expect(queue.missed(Envelopes.position(offset), .unanswered, now: Self.at(now), dice: 1) == .givenUp)
            longest = queue.giveUp(Envelopes.position(offset), now: Self.at(now), dice: 1).pause
            now += longest.nanoseconds / 1_000_000
        }
        #expect(longest == .seconds(5))
        #expect(Self.start(&queue, at: now) == 11)
        _ = queue.answered(Envelopes.position(11))
        #expect(Self.start(&queue, at: now) == 12)
    }

    /// What is held has a bound, and reading begins again when half of it is free.
    @Test func room() {
        var queue = Self.queue(UInt64(ForwardQueue.countLimit) - 1)
        #expect(queue.hasRoom() == true)
        queue.add(Envelopes.event(UInt64(ForwardQueue.countLimit)))
        #expect(queue.hasRoom() == false)
        var offset: UInt64 = 0
        while queue.count >= ForwardQueue.countLimit / 2 {
            #expect(queue.hasRoom() == false)
            offset += 1
            _ = Self.start(&queue)
            _ = queue.answered(Envelopes.position(offset))
        }
        #expect(queue.hasRoom() == true)
    }

    /// Large events count by their bytes.
    @Test func bytes() {
        var queue = ForwardQueue(concurrency: 1, attempts: 1)
        let data = #","data":""# + String(repeating: "x", count: 1 << 20) + "\""
        for offset in UInt64(1)...8 { queue.add(Envelopes.event(offset, data: data)) }
        #expect(queue.hasRoom() == false)
    }
}
