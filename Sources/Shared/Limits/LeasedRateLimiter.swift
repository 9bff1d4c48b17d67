// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
public import NIOCore
internal import Synchronization

/// Rate limits for bots whose requests arrive at several nodes: each leases small shares.
///
/// A request within the lease is decided locally; one beyond it waits for the source, in one round trip shared with
/// those that arrive meanwhile; once the source is exhausted, requests are refused without asking until it has
/// refilled. Bounded: of some 65,000 bots, those unused for longest are dropped, which costs them their leases.
public final class LeasedRateLimiter: RateLimiter {
    private static let capacity = 65_536

    /// One bot's share. Its lock is held for counting only.
    private final class Part: Sendable {
        struct State {
            var machine: LeaseStateMachine
            var waiting: Deque<EventLoopPromise<RateDecision>> = []
        }

        let limit: RateLimit
        let state: Mutex<State>

        init(limit: RateLimit) {
            self.limit = limit
            self.state = Mutex(State(machine: LeaseStateMachine(limit: limit)))
        }
    }

    private let source: any LeaseSource
    private let now: @Sendable () -> NIODeadline
    private let parts: Mutex<BoundedCache<ChannelID, Part>>

    /// - Parameter now: a monotonic clock.
    public init(source: any LeaseSource, now: @escaping @Sendable () -> NIODeadline = NIODeadline.now) {
        self.source = source
        self.now = now
        self.parts = Mutex(BoundedCache(capacity: Self.capacity))
    }

    public func take(_ limit: RateLimit, on channel: ChannelID, eventLoop: any EventLoop) -> RateVerdict {
        let part = self.parts.withLock { parts in
            if let part = parts.value(for: channel), part.limit == limit { return part }
            // Requests waiting for a share of the old limit are answered by that one.
            let part = Part(limit: limit)
            parts.insert(part, for: channel)
            return part
        }
        let now = self.now()
        let (action, promise) = part.state.withLock { state in
            let action = state.machine.requested(now: now)
            guard case .wait = action else { return (action, nil as EventLoopPromise<RateDecision>?) }
            let promise = eventLoop.makePromise(of: RateDecision.self)
            state.waiting.append(promise)
            return (action, promise)
        }
        switch action {
        case .admit:
            return .decided(.admitted)
        case .refuse(let time):
            return .decided(.refused(retryAfter: time))
        case .wait(let ask):
            guard let promise else { preconditionFailure("who waits has a promise") }
            if let ask { self.ask(ask, for: part, on: channel, eventLoop: eventLoop) }
            return .pending(promise.futureResult)
        }
    }

    public func giveBack(_ limit: RateLimit, on channel: ChannelID) {
        guard let part = self.parts.withLock({ $0.value(for: channel) }), part.limit == limit else { return }
        let now = self.now()
        part.state.withLock { $0.machine.gaveBack(now: now) }
    }

    private func ask(_ amount: Int, for part: Part, on channel: ChannelID, eventLoop: any EventLoop) {
        self.source.lease(amount, of: part.limit, on: channel, eventLoop: eventLoop).whenComplete { result in
            switch result {
            case .success(let lease):
                self.answered(lease, part: part, channel: channel, eventLoop: eventLoop)
            case .failure(let error):
                let waiting = part.state.withLock { state in
                    state.machine.failed()
                    defer { state.waiting.removeAll() }
                    return state.waiting
                }
                for promise in waiting { promise.fail(error) }
            }
        }
    }

    private func answered(_ lease: Lease, part: Part, channel: ChannelID, eventLoop: any EventLoop) {
        let now = self.now()
        let (admitted, refused, settlement) = part.state.withLock { state in
            let settlement = state.machine.leased(lease, now: now)
            let admitted = (0..<settlement.admitted).compactMap { _ in state.waiting.popFirst() }
            let refused = (0..<settlement.refused).compactMap { _ in state.waiting.popFirst() }
            return (admitted, refused, settlement)
        }
        for promise in admitted { promise.succeed(.admitted) }
        for promise in refused { promise.succeed(.refused(retryAfter: settlement.retryAfter)) }
        if let ask = settlement.ask { self.ask(ask, for: part, on: channel, eventLoop: eventLoop) }
    }
}
