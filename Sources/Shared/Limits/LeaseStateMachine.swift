// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// One node's share of one bot's limit: what it has leased, how many requests wait for a lease, and until when none is
/// available.
///
/// Pure; the caller keeps the waiting requests, in order.
struct LeaseStateMachine {
    /// The decision on a request.
    enum Action: Equatable {
        case admit
        case refuse(retryAfter: TimeAmount)
        /// Queue it. `ask` is how much to request from the source, nil if a request is in flight.
        case wait(ask: Int?)
    }

    /// What to do with the waiting requests when the source has answered.
    struct Settlement: Equatable {
        /// How many are admitted, from the front.
        var admitted: Int
        /// How many after them are refused; the rest keeps waiting.
        var refused: Int
        var retryAfter: TimeAmount
        /// How much to request from the source next.
        var ask: Int?
    }

    /// How many requests may wait, which covers a bot's requests during a Redis round trip; more are refused.
    static let waitLimit = 1_024

    /// A year, in nanoseconds.
    private static let longest = 365.0 * 24 * 60 * 60 * 1_000_000_000

    let limit: RateLimit
    private var leased = 0
    private var leaseEnd = NIODeadline.uptimeNanoseconds(0)
    /// When the requests given back expire: the limit has refilled by then.
    private var returnedEnd = NIODeadline.uptimeNanoseconds(0)
    private var emptyUntil = NIODeadline.uptimeNanoseconds(0)
    /// The amount requested from the source; nil if no request is in flight.
    private var asked: Int?
    private var waiting = 0

    init(limit: RateLimit) {
        self.limit = limit
    }

    /// About what the limit allows in `Lease.span`.
    private var portion: Int {
        max(1, Int((self.limit.rate * Double(Lease.span.nanoseconds) / 1_000_000_000).rounded(.up)))
    }

    /// The time in which the limit refills one request.
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

    /// An admitted request did not count: the next one takes its place.
    ///
    /// The source is not told, and refills meanwhile: so the place is available for one refill interval each, and never
    /// more than the limit's burst.
    mutating func gaveBack(now: NIODeadline) {
        let interval = self.interval
        // A place that was taken again and given back has only the rest of its time.
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
            // There may be more available: ask for the whole burst that waits.
            let ask = max(self.portion, self.waiting)
            self.asked = ask
            return Settlement(admitted: admitted, refused: 0, retryAfter: .zero, ask: ask)
        }
        self.emptyUntil = now + lease.pause
        let refused = self.waiting
        self.waiting = 0
        return Settlement(admitted: admitted, refused: refused, retryAfter: lease.pause, ask: nil)
    }

    /// The source failed. All waiting requests are dropped.
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
