// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Tracks this node's replies in flight, and whether their outcomes can be received. No IO, no clock, no bytes.
///
/// A reply is sent only while the subscription of the outcomes is on: one whose outcome cannot be heard would leave its
/// bot without a word.
struct ReplyAskStateMachine {
    /// How much may be in flight. Redis drops a subscriber that is far behind, so the bytes are bounded well below its
    /// limit (32 MiB).
    struct Bounds {
        var count = 16_384
        var bytes = 8 << 20
    }

    private enum Subscription {
        /// No reply was sent yet.
        case off
        case awaited
        case on
    }

    private struct Ask {
        var bytes: Int
        var isSent: Bool
    }

    private let bounds: Bounds
    private var subscription = Subscription.off
    private var asks: [UInt64: Ask] = [:]
    private var bytes = 0
    private var isEnded = false

    init(bounds: Bounds = Bounds()) {
        self.bounds = bounds
    }

    /// How many replies are in flight.
    var count: Int { self.asks.count }

    enum AskAction: Equatable {
        /// Send it.
        case send
        /// Keep it until `subscribed` names it.
        case wait
        /// Subscribe to the outcomes, and keep it.
        case subscribe
        /// Too many replies are in flight.
        case refuse
        /// Nothing is sent any more.
        case closed
    }

    /// A reply of a size shall be sent. Its number is one that no other has.
    mutating func asked(_ number: UInt64, bytes: Int) -> AskAction {
        guard !self.isEnded else { return .closed }
        precondition(self.asks[number] == nil, "each question has a number of its own")
        guard self.asks.count < self.bounds.count, self.bytes == 0 || bytes <= self.bounds.bytes - self.bytes else {
            return .refuse
        }
        self.bytes += bytes
        self.asks[number] = Ask(bytes: bytes, isSent: self.subscription == .on)
        switch self.subscription {
        case .on:
            return .send
        case .awaited:
            return .wait
        case .off:
            self.subscription = .awaited
            return .subscribe
        }
    }

    /// The outcomes can be heard.
    ///
    /// - Returns: what is to be sent now.
    mutating func subscribed() -> [UInt64] {
        guard self.subscription == .awaited else { return [] }
        self.subscription = .on
        let waiting = self.asks.filter { !$0.value.isSent }.map(\.key)
        for number in waiting { self.asks[number]?.isSent = true }
        return waiting
    }

    /// The outcomes cannot be heard, until `subscribed` again.
    ///
    /// - Returns: what was sent and will not be answered any more.
    mutating func subscriptionLost() -> [UInt64] {
        guard self.subscription == .on else { return [] }
        self.subscription = .awaited
        let sent = self.asks.filter(\.value.isSent).map(\.key)
        for number in sent { _ = self.finished(number) }
        return sent
    }

    /// A reply has its outcome, whatever it is.
    ///
    /// - Returns: whether it was in flight.
    mutating func finished(_ number: UInt64) -> Bool {
        guard let ask = self.asks.removeValue(forKey: number) else { return false }
        self.bytes -= ask.bytes
        return true
    }

    enum DeadlineAction: Equatable {
        case ignore
        /// It was sent and not answered.
        case noAnswer
        /// It could not even be sent.
        case notSent
    }

    /// The time for an outcome is over.
    mutating func deadlineReached(_ number: UInt64) -> DeadlineAction {
        guard let ask = self.asks[number] else { return .ignore }
        _ = self.finished(number)
        return ask.isSent ? .noAnswer : .notSent
    }

    /// Nothing is asked or answered any more.
    ///
    /// - Returns: all that were in flight.
    mutating func end() -> [UInt64] {
        self.isEnded = true
        defer {
            self.asks = [:]
            self.bytes = 0
        }
        return Array(self.asks.keys)
    }
}
