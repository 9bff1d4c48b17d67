// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// One node's part of one bot's limit: what it has leased, who waits for a lease, and until when there is none to be had.
///
/// Pure; who waits is kept by the caller, in order.
struct LeaseStateMachine {
    /// What becomes of a request.
    enum Action: Equatable {
        case admit
        case refuse(retryAfter: TimeAmount)
        /// It waits behind the others. `ask` is for how much to ask the source, where that was not done yet.
        case wait(ask: Int?)
    }

    /// What becomes of those who wait when the source has answered.
    struct Settlement: Equatable {
        /// So many of the first are admitted.
        var admitted: Int
        /// So many behind them are refused; what comes after these waits on.
        var refused: Int
        var retryAfter: TimeAmount
        /// For how much to ask the source again.
        var ask: Int?
    }

    /// How many requests wait at most. More are refused: what a bot sends in the time that Redis takes to answer.
    static let waitLimit = 1_024

    /// A year, in nanoseconds.
    private static let longest = 365.0 * 24 * 60 * 60 * 1_000_000_000

    let limit: RateLimit
    private var leased = 0
    private var leaseEnd = NIODeadline.uptimeNanoseconds(0)
    /// When the last of the requests that were given back is none of ours any more: the limit gives one anew by then.
    private var returnedEnd = NIODeadline.uptimeNanoseconds(0)
    private var emptyUntil = NIODeadline.uptimeNanoseconds(0)
    /// What the source is being asked for.
    private var asked: Int?
    private var waiting = 0

    init(limit: RateLimit) {
        self.limit = limit
    }

    /// About as much as the limit allows in `Lease.span`.
    private var portion: Int {
        max(1, Int((self.limit.rate * Double(Lease.span.nanoseconds) / 1_000_000_000).rounded(.up)))
    }

    /// In what time the limit gives one request.
    private var interval: TimeAmount {
        .nanoseconds(Int64((1_000_000_000 / self.limit.rate).clamped(to: 1...Self.longest)))
    }

    /// A request has come.
    mutating func requested(now: NIODeadline) -> Action {
        if self.leased > 0, now < self.leaseEnd {
            self.leased -= 1
            return .admit
        }
        self.leased = 0
        if now < self.returnedEnd {
            self.returnedEnd = self.returnedEnd - self.interval
            return .admit
        }
        if self.asked != nil {
            guard self.waiting < Self.waitLimit else { return .refuse(retryAfter: Lease.span) }
            self.waiting += 1
            return .wait(ask: nil)
        }
        guard now >= self.emptyUntil else { return .refuse(retryAfter: self.emptyUntil - now) }
        self.waiting = 1
        self.asked = self.portion
        return .wait(ask: self.asked)
    }

    /// A request that was admitted was none: the next one has its place.
    ///
    /// The source does not hear of it, and refills what was taken meanwhile: so the place is the next one's for as long as
    /// that takes, one interval for each, and there is never more to be had than the limit's burst.
    mutating func gaveBack(now: NIODeadline) {
        let interval = self.interval
        // One that was taken again and comes back has only what is left of its time.
        let start = now - interval < self.returnedEnd ? self.returnedEnd : now
        let most = Int64((Double(interval.nanoseconds) * Double(self.limit.burst)).clamped(to: 1...Self.longest))
        self.returnedEnd = min(start + interval, now + .nanoseconds(most))
    }

    /// The source has answered.
    mutating func leased(_ lease: Lease, now: NIODeadline) -> Settlement {
        let isAll = lease.amount >= self.asked ?? 0
        self.asked = nil
        let admitted = min(lease.amount, self.waiting)
        self.waiting -= admitted
        self.leased = lease.amount - admitted
        self.leaseEnd = now + Lease.lifetime
        guard !isAll else {
            guard self.waiting > 0 else {
                return Settlement(admitted: admitted, refused: 0, retryAfter: .zero, ask: nil)
            }
            // There may be more: a burst is on its way.
            let ask = max(self.portion, self.waiting)
            self.asked = ask
            return Settlement(admitted: admitted, refused: 0, retryAfter: .zero, ask: ask)
        }
        self.emptyUntil = now + lease.pause
        let refused = self.waiting
        self.waiting = 0
        return Settlement(admitted: admitted, refused: refused, retryAfter: lease.pause, ask: nil)
    }

    /// The source does not answer. Nobody waits any more.
    mutating func failed() {
        self.asked = nil
        self.waiting = 0
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
