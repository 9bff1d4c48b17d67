// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Tracks what one client has received of its channel, and what it gets next: live events from the feed, or first what
/// it missed since a position, from the log. No IO and no clock.
///
/// A client that asks to resume from a position is told once whether it can, before anything else; every gap is
/// announced.
struct DeliveryStateMachine {
    /// Where a client wants to resume.
    enum Resumption: Equatable, Sendable {
        /// After the client's last position: with everything it missed, or with none of it.
        case after(Position)
        /// After the client's last position, or with the oldest retained event if that is too long ago.
        case behind(Position)
        /// The client gave an invalid position.
        case unreadable
        /// At its consumer's cursor, or with the oldest retained event if there is none or it is too long ago.
        case backlog(Position?)
        /// With the oldest retained event, whatever its consumer's cursor.
        case oldest
    }

    private enum State {
        case live(Position)
        case reading(Reading)
        case ended
    }

    private struct Reading {
        /// The last event that the client has received; nil if it begins with the oldest.
        var position: Position?
        /// The loss to announce to the client, once it is known where the stream continues.
        var loss: Recovery.Reason?
        /// Whether it continues with the remaining events if some were lost.
        var isLenient: Bool
        /// How far the log must be read so that there is no gap before the feed's events.
        var target: UInt64
        /// The target when the read in flight began: its page may be older than what the feed delivered since.
        var asked: UInt64
        /// Whether the client still has to be told if it can resume.
        var isFirst: Bool

        init(
            position: Position?,
            loss: Recovery.Reason? = nil,
            isLenient: Bool = false,
            target: UInt64,
            isFirst: Bool
        ) {
            self.position = position
            self.loss = loss
            self.isLenient = isLenient
            self.target = target
            self.asked = target
            self.isFirst = isFirst
        }

        /// The announcement to the client.
        func recovery(at position: Position) -> Recovery {
            self.loss.map { .lost($0, position: position) } ?? .recovered(from: position)
        }
    }

    /// Where the client joined the feed: later events come from the feed.
    private let start: Position
    private var state: State
    /// Whether the client's progress counts for its consumer: it began at the consumer's cursor and was advanced or
    /// told of a loss; or it was sent an event.
    private var hasMoved = false
    /// Whether the client began at its consumer's cursor.
    private var beganAtCursor = false

    /// - Parameter start: where the client joined its feed.
    init(start: Position) {
        self.start = start
        self.state = .live(start)
    }

    /// Whether the client has ended.
    var hasEnded: Bool { if case .ended = self.state { true } else { false } }

    /// Whether events come from the feed.
    var isLive: Bool { if case .live = self.state { true } else { false } }

    /// The last event sent to the client, or where it began; nil if not known yet, and after the end.
    var position: Position? {
        switch self.state {
        case .live(let position): position
        case .reading(let reading): reading.position
        case .ended: nil
        }
    }

    /// How far the client is: up to here it was sent everything addressed to it. Nil until it was told where it begins,
    /// and after the end.
    var reachedPosition: Position? {
        if case .reading(let reading) = self.state, reading.isFirst { return nil }
        return self.position
    }

    /// The last event that the client was sent, or that was skipped for it; nil if it was sent none and did not begin
    /// at its consumer's cursor: earlier events are not its to count.
    var sentPosition: Position? { self.hasMoved ? self.position : nil }

    /// The same, if on reconnect the client would get everything again that its consumer has not received.
    var repeatedPosition: Position? { self.beganAtCursor ? self.sentPosition : nil }

    /// Whether the client's position counts as received by its consumer.
    var isPositionHad: Bool { self.hasMoved || self.beganAtCursor }

    enum BeginAction: Equatable {
        /// Nothing to catch up: events come from the feed.
        case nothing
        /// Announce; further events come from the feed.
        case announce(Recovery)
        /// Read the log after the position, from the oldest event for nil, and call back.
        case read(after: Position?)
    }

    /// The client has joined. Call once, before all else.
    mutating func begin(_ resumption: Resumption?) -> BeginAction {
        switch resumption {
        case nil:
            return .nothing
        case .unreadable:
            return .announce(.lost(.badPosition, position: self.start))
        case .after(let position):
            self.state = .reading(Reading(position: position, target: self.start.offset, isFirst: true))
            return .read(after: position)
        case .behind(let position):
            self.state = .reading(
                Reading(position: position, isLenient: true, target: self.start.offset, isFirst: true)
            )
            return .read(after: position)
        case .backlog(let position):
            self.beganAtCursor = true
            return self.begin(behind: position)
        case .oldest:
            return self.begin(behind: nil)
        }
    }

    private mutating func begin(behind cursor: Position?) -> BeginAction {
        let known = cursor.flatMap { $0.epoch == self.start.epoch ? $0 : nil }
        let loss: Recovery.Reason? = cursor != nil && known == nil ? .epochChanged : nil
        if let known, known.offset >= self.start.offset {
            // What it has received may be ahead of this node's feed.
            self.state = .live(known)
            return .announce(.recovered(from: known))
        }
        guard self.start.offset > 0 else {
            // As for a log with events: the consumer's next socket begins here.
            if loss != nil { self.broughtOn() }
            return .announce(loss.map { .lost($0, position: self.start) } ?? .recovered(from: self.start))
        }
        self.state = .reading(
            Reading(position: known, loss: loss, isLenient: true, target: self.start.offset, isFirst: true)
        )
        return .read(after: known)
    }

    enum RoundAction: Equatable {
        case ignore
        /// Send the round; only the events after `after` if the client has the beginning.
        case deliver(after: UInt64?)
    }

    /// The feed delivered events.
    mutating func roundReceived(first: UInt64, end: Position) -> RoundAction {
        switch self.state {
        case .live(let position):
            switch RoundPart(after: position, first: first, end: end) {
            case .nothing:
                return .ignore
            case .events(let after):
                self.moved(to: end)
                return .deliver(after: after)
            }
        case .reading(var reading):
            // They are in the log, and are read from there in order.
            if end.epoch == self.start.epoch { reading.target = max(reading.target, end.offset) }
            self.state = .reading(reading)
            return .ignore
        case .ended:
            return .ignore
        }
    }

    enum InterruptedAction: Equatable {
        case ignore
        /// Announce; further events come from the feed, none from the log.
        case announce(Recovery)
    }

    /// Events were lost between the last round and `head`.
    mutating func interrupted(_ reason: UnrecoverableReason, head: Position) -> InterruptedAction {
        switch self.state {
        case .live(let position):
            guard reason.isNews(to: position, head: head) else { return .ignore }
            return .announce(self.goOn(behind: head, without: reason))
        case .reading(var reading):
            // If the epoch is unchanged, reading the log will report what is missing.
            guard head.epoch == self.start.epoch else {
                return .announce(self.goOn(behind: head, without: reason))
            }
            reading.target = max(reading.target, head.offset)
            self.state = .reading(reading)
            return .ignore
        case .ended:
            return .ignore
        }
    }

    /// Continues with the feed's events, skipping earlier ones.
    ///
    /// - Returns: what the client is told.
    private mutating func goOn(behind head: Position, without reason: UnrecoverableReason) -> Recovery {
        self.moved(to: head)
        return .lost(Recovery.Reason(reason), position: head)
    }

    private mutating func moved(to position: Position) {
        self.state = .live(position)
        self.broughtOn()
    }

    /// The client was advanced. For one that did not begin at its consumer's cursor this does not count.
    private mutating func broughtOn() {
        self.hasMoved = self.hasMoved || self.beganAtCursor
    }

    /// The client is about to be sent events that have passed its filter.
    mutating func eventsSent() {
        self.hasMoved = true
    }

    // MARK: The log

    enum PageReadAction {
        /// The page came too late, after an interruption or the end.
        case ignore
        /// Announce; further events come from the feed.
        case announce(Recovery)
        /// Announce, if there is anything to announce; then read the log after the position, from the oldest event for
        /// nil, and call back.
        case read(Recovery?, after: Position?)
        /// Announce, if there is anything to announce; then send the events, in as many parts as needed, and report
        /// progress.
        case send(Recovery?, [LogEntry])
    }

    /// The log was read.
    mutating func pageRead(_ page: LogPage) -> PageReadAction {
        guard case .reading(var reading) = self.state else { return .ignore }
        switch page {
        case .notRecoverable(let reason, let head):
            guard reading.isFirst || reason == .trimmed else {
                return .announce(self.goOn(behind: head, without: reason))
            }
            // Once a replay has begun, every client gets the remaining events: they are late, not unwanted.
            guard reading.position != nil, reading.isLenient || !reading.isFirst else {
                return self.giveUp(reading, reason)
            }
            // It is told again even if it was told before.
            reading.isFirst = true
            reading.position = nil
            reading.loss = Recovery.Reason(reason)
            reading.asked = reading.target
            self.state = .reading(reading)
            return .read(nil, after: nil)
        case .entries(let entries, let head):
            let position = reading.position ?? entries.first?.position.predecessor ?? head
            guard !entries.isEmpty || position.offset >= reading.asked else {
                return .announce(self.goOn(behind: head, without: .trimmed))
            }
            let recovery = reading.isFirst ? reading.recovery(at: position) : nil
            // A loss is announced once, and not to each later socket.
            if reading.loss != nil { self.broughtOn() }
            reading.position = position
            reading.isFirst = false
            self.state = .reading(reading)
            return .send(recovery, entries)
        }
    }

    /// The missing events are unavailable. Those since the client joined are available, and are sent.
    private mutating func giveUp(_ reading: Reading, _ reason: UnrecoverableReason) -> PageReadAction {
        let loss = Recovery.lost(Recovery.Reason(reason), position: self.start)
        guard reading.target > self.start.offset else {
            self.state = .live(self.start)
            return .announce(loss)
        }
        self.state = .reading(Reading(position: self.start, target: reading.target, isFirst: false))
        return .read(loss, after: self.start)
    }

    /// The client was sent the events of a page up to a position, or they were skipped for it.
    mutating func sent(upTo position: Position) {
        guard case .reading(var reading) = self.state else { return }
        reading.position = position
        self.broughtOn()
        self.state = .reading(reading)
    }

    enum PageSentAction: Equatable {
        case ignore
        /// Read the log after the position, from the oldest event for nil, and call back.
        case read(after: Position?)
        /// The client has caught up: events come from the feed.
        case goLive
    }

    /// The client was sent the whole page.
    mutating func pageSent() -> PageSentAction {
        guard case .reading(var reading) = self.state else { return .ignore }
        guard let position = reading.position, position.offset >= reading.target else {
            reading.asked = reading.target
            self.state = .reading(reading)
            return .read(after: reading.position)
        }
        self.state = .live(position)
        return .goLive
    }

    /// The client has gone.
    mutating func ended() {
        self.state = .ended
    }
}
