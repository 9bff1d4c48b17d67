// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Shared

/// A node's part of a limit that it shares with others.
@Suite struct LeaseTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// The first asks, those behind it wait, and what is leased beyond them costs no asking.
    @Test func asksOnce() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 100))
        #expect(machine.requested(now: Self.start) == .wait(ask: 5))
        #expect(machine.requested(now: Self.start) == .wait(ask: nil))
        let settlement = machine.leased(Lease(amount: 5, pause: .zero), now: Self.start)
        #expect(settlement == .init(admitted: 2, refused: 0, retryAfter: .zero, ask: nil))
        for _ in 0..<3 { #expect(machine.requested(now: Self.start) == .admit) }
        #expect(machine.requested(now: Self.start) == .wait(ask: 5))
    }

    /// Once there is nothing to be had, nobody asks until it is time to.
    @Test func refusesWithoutAsking() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 100))
        for _ in 0..<3 { _ = machine.requested(now: Self.start) }
        let settlement = machine.leased(Lease(amount: 1, pause: .milliseconds(40)), now: Self.start)
        #expect(settlement == .init(admitted: 1, refused: 2, retryAfter: .milliseconds(40), ask: nil))
        for after in [0, 10, 39] {
            let now = Self.start + .milliseconds(Int64(after))
            #expect(machine.requested(now: now) == .refuse(retryAfter: .milliseconds(40 - Int64(after))))
        }
        #expect(machine.requested(now: Self.start + .milliseconds(40)) == .wait(ask: 5))
    }

    /// A burst that waits is asked for whole, once the first answer has shown that there is more.
    @Test func asksForABurst() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 100, burst: 500))
        for _ in 0..<400 { _ = machine.requested(now: Self.start) }
        let first = machine.leased(Lease(amount: 5, pause: .zero), now: Self.start)
        #expect(first == .init(admitted: 5, refused: 0, retryAfter: .zero, ask: 395))
        let second = machine.leased(Lease(amount: 395, pause: .zero), now: Self.start)
        #expect(second == .init(admitted: 395, refused: 0, retryAfter: .zero, ask: nil))
    }

    /// What was admitted and was none makes room for the next, until the source has one more by itself.
    @Test func givenBack() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 0.1, burst: 2))
        for _ in 0..<2 {
            _ = machine.requested(now: Self.start)
            _ = machine.leased(Lease(amount: 1, pause: .zero), now: Self.start)
        }
        for _ in 0..<3 { machine.gaveBack(now: Self.start) }
        // No more than the burst, whatever comes back.
        for _ in 0..<2 { #expect(machine.requested(now: Self.start) == .admit) }
        #expect(machine.requested(now: Self.start) == .wait(ask: 1))
        machine.failed()
        machine.gaveBack(now: Self.start + .seconds(20))
        #expect(machine.requested(now: Self.start + .seconds(29)) == .admit)
        machine.gaveBack(now: Self.start + .seconds(29))
        #expect(machine.requested(now: Self.start + .seconds(30)) == .wait(ask: 1))
    }

    /// Repetitions, of which each comes back, cost the source no more than what it gives anew.
    @Test(arguments: [300, 1_300, 9_000, 15_000]) func repetitions(every milliseconds: Int64) {
        let limit = RateLimit(rate: 0.1, burst: 4)
        var machine = LeaseStateMachine(limit: limit)
        var source = TokenBucket(limit, now: Self.start)
        for number in 0..<500 {
            let now = Self.start + .milliseconds(milliseconds * Int64(number))
            switch machine.requested(now: now) {
            case .admit: break
            case .refuse: Issue.record("the limit is used up after \(number)")
            case .wait:
                let amount = source.take(now: now) ? 1 : 0
                #expect(machine.leased(Lease(amount: amount, pause: .seconds(1)), now: now).admitted == 1)
            }
            machine.gaveBack(now: now)
        }
        // And what is there for others is what the limit says: one is here, the rest with the source.
        let now = Self.start + .milliseconds(milliseconds * 499)
        #expect((0..<4).count { _ in source.take(now: now) } >= 2)
    }

    /// No more wait than can be remembered.
    @Test func bounded() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 1))
        for _ in 0..<LeaseStateMachine.waitLimit { #expect(machine.requested(now: Self.start) != .admit) }
        guard case .refuse = machine.requested(now: Self.start) else {
            Issue.record("one more waits")
            return
        }
    }

    /// A lease that is not used up in time is over, and a source that failed is asked again.
    @Test func ends() {
        var machine = LeaseStateMachine(limit: RateLimit(rate: 100))
        _ = machine.requested(now: Self.start)
        _ = machine.leased(Lease(amount: 5, pause: .zero), now: Self.start)
        #expect(machine.requested(now: Self.start + Lease.lifetime) == .wait(ask: 5))
        machine.failed()
        #expect(machine.requested(now: Self.start + Lease.lifetime) == .wait(ask: 5))
    }

    /// A source that a test answers for.
    private final class Source: LeaseSource {
        let asked = Mutex<[(amount: Int, promise: EventLoopPromise<Lease>)]>([])

        func lease(
            _ amount: Int,
            of limit: RateLimit,
            on channel: ChannelID,
            eventLoop: any EventLoop
        ) -> EventLoopFuture<Lease> {
            let promise = eventLoop.makePromise(of: Lease.self)
            self.asked.withLock { $0.append((amount, promise)) }
            return promise.futureResult
        }

        func answer(_ result: Result<Lease, any Error>) {
            let asked = self.asked.withLock { $0.removeFirst() }
            asked.promise.completeWith(result)
        }
    }

    /// Who waits is answered in order, and all of them fail where the source does; another bot does not wait with them.
    @Test func limiter() throws {
        let loop = EmbeddedEventLoop()
        let source = Source()
        let limiter = LeasedRateLimiter(source: source, now: { Self.start })
        let (channel, other) = (ChannelID.random(), ChannelID.random())
        let limit = RateLimit(rate: 40)
        func take(_ channel: ChannelID) -> EventLoopFuture<RateDecision> {
            switch limiter.take(limit, on: channel, eventLoop: loop) {
            case .decided(let decision): loop.makeSucceededFuture(decision)
            case .pending(let decision): decision
            }
        }
        let waiting = (0..<3).map { _ in take(channel) }
        #expect(source.asked.withLock { $0.map(\.amount) } == [2])
        _ = take(other)
        #expect(source.asked.withLock { $0.count } == 2)
        source.answer(.success(Lease(amount: 2, pause: .milliseconds(7))))
        // Both were to be had: there may be more.
        #expect(try waiting[0].wait() == .admitted)
        #expect(try waiting[1].wait() == .admitted)
        source.answer(.failure(BrokerError.unavailable))
        source.answer(.success(Lease(amount: 0, pause: .milliseconds(7))))
        #expect(try waiting[2].wait() == .refused(retryAfter: .milliseconds(7)))
        #expect(try take(channel).wait() == .refused(retryAfter: .milliseconds(7)))
        let failing = take(other)
        source.answer(.failure(BrokerError.unavailable))
        #expect(throws: BrokerError.unavailable) { try failing.wait() }
    }

    /// A node that shares with nobody counts for itself, each bot apart, and says when there is room again.
    @Test func local() {
        let now = Mutex(Self.start)
        let limiter = LocalRateLimiter(now: { now.withLock { $0 } })
        let limit = RateLimit(rate: 2, burst: 3)
        let (channel, other) = (ChannelID.random(), ChannelID.random())
        func take(_ channel: ChannelID) -> RateDecision? {
            guard case .decided(let decision) = limiter.take(limit, on: channel, eventLoop: EmbeddedEventLoop()) else {
                return nil
            }
            return decision
        }
        #expect(
            (0..<4).map { _ in take(channel) } == [
                .admitted, .admitted, .admitted, .refused(retryAfter: .milliseconds(500)),
            ]
        )
        #expect(take(other) == .admitted)
        now.withLock { $0 = $0 + .milliseconds(500) }
        #expect(take(channel) == .admitted)
        #expect(take(channel) == .refused(retryAfter: .milliseconds(500)))
        limiter.giveBack(limit, on: channel)
        #expect(take(channel) == .admitted)
        #expect(take(channel) == .refused(retryAfter: .milliseconds(500)))
    }
}
