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

    let limit: RateLimit
    private var leased = 0
    private var leaseEnd = NIODeadline.uptimeNanoseconds(0)
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

    /// A request has come.
    mutating func requested(now: NIODeadline) -> Action {
        if self.leased > 0, now < self.leaseEnd {
            self.leased -= 1
            return .admit
        }
        self.leased = 0
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

    /// A request that was admitted was none: the next one has its place, within the time of a lease.
    mutating func gaveBack(now: NIODeadline) {
        if now >= self.leaseEnd {
            self.leased = 0
            self.leaseEnd = now + Lease.lifetime
        }
        self.leased += 1
    }

    /// The source has answered.
    mutating func leased(_ lease: Lease, now: NIODeadline) -> Settlement {
        let isAll = lease.amount >= self.asked ?? 0
        self.asked = nil
        let admitted = min(lease.amount, self.waiting)
        self.waiting -= admitted
        // What was given back meanwhile stays.
        self.leased = (now < self.leaseEnd ? self.leased : 0) + lease.amount - admitted
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
