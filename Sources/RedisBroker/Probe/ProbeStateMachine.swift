// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The outcome of a probe; also a metric label.
enum ProbeOutcome: String, Sendable, CaseIterable {
    /// It came back.
    case heard
    /// It was stored, and did not come back in time.
    case lost
    /// It could not be stored: this says nothing about the subscription.
    case notStored = "not_stored"
}

/// Schedules probes and evaluates their return, to detect a subscription that is up but delivers nothing. No IO and no
/// clock of its own.
struct ProbeStateMachine {
    private struct Probe {
        var number: UInt64
        var sent: NIODeadline
    }

    private let interval: TimeAmount
    private let timeout: TimeAmount
    private var lastNumber: UInt64 = 0
    private var nextProbe = NIODeadline.distantPast
    private var outstanding: Probe?
    private var isSubscribed = false

    /// When a probe came back last; before the first, when the first was sent. Nil before that.
    private(set) var lastHeard: NIODeadline?

    /// Whether the last stored probe did not come back, and none has since.
    private(set) var isDeaf = false

    init(interval: TimeAmount, timeout: TimeAmount) {
        self.interval = interval
        self.timeout = timeout
    }

    enum TickAction: Equatable {
        case wait
        /// Publish a probe of this number.
        case publish(UInt64)
        /// The subscription is deaf: reconnect it.
        case reconnect
    }

    /// Some time has passed; a fraction of the interval each time.
    mutating func tick(now: NIODeadline) -> TickAction {
        guard self.isSubscribed else { return .wait }
        if let outstanding {
            guard outstanding.sent + self.timeout <= now else { return .wait }
            self.outstanding = nil
            self.isDeaf = true
            return .reconnect
        }
        guard self.nextProbe <= now else { return .wait }
        self.lastNumber += 1
        self.nextProbe = now + self.interval
        self.outstanding = Probe(number: self.lastNumber, sent: now)
        if self.lastHeard == nil { self.lastHeard = now }
        return .publish(self.lastNumber)
    }

    /// The probe's own subscription is confirmed: after a reconnect the next one goes out at once.
    mutating func subscribed() {
        self.isSubscribed = true
        self.nextProbe = .distantPast
    }

    /// The subscription is known to be lost: an outstanding probe proves nothing.
    mutating func subscriptionLost() {
        self.isSubscribed = false
        self.outstanding = nil
    }

    /// A probe came back.
    ///
    /// - Returns: whether it is the outstanding one.
    mutating func heard(_ number: UInt64, now: NIODeadline) -> Bool {
        guard self.outstanding?.number == number else { return false }
        self.outstanding = nil
        self.lastHeard = now
        self.isDeaf = false
        return true
    }

    /// A probe could not be stored.
    ///
    /// - Returns: whether it is the outstanding one.
    mutating func publishFailed(_ number: UInt64) -> Bool {
        guard self.outstanding?.number == number else { return false }
        self.outstanding = nil
        return true
    }
}
