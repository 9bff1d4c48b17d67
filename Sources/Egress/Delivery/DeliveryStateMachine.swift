// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What one client has had of its channel, and what it gets next: events by the feed, or first from the log what it missed
/// since a position of its own. No IO and no clock.
///
/// A client that asks to go on from a position is told once whether it can, before anything else; and every gap is told.
struct DeliveryStateMachine {
    /// Where a client wants to go on.
    enum Resumption: Equatable, Sendable {
        /// Behind a position that the client had: with all that it missed, or with none of it.
        case after(Position)
        /// Behind a position that the client had, or with the oldest retained event where that is too long ago.
        case behind(Position)
        /// It gave something that is no position.
        case unreadable
        /// Behind what its consumer has had, or with the oldest retained event where that is nothing, or too long ago.
        case backlog(Position?)
    }

    private enum State {
        case live(Position)
        case reading(Reading)
        case ended
    }

    private struct Reading {
        /// The last event that the client has had; nil where it begins with the oldest.
        var position: Position?
        /// What the client has to be told that it has lost, when it is known where the stream goes on.
        var loss: Recovery.Reason?
        /// Whether it begins with what is left where something was lost.
        var isLenient: Bool
        /// Where the log has to be read to, so that nothing is missing before what the feed brings.
        var target: UInt64
        /// What the target was when the read that is under way began: its page may be older than what the feed brought since.
        var asked: UInt64
        /// Whether the client waits to be told if it can go on.
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

        /// What the client is told.
        func recovery(at position: Position) -> Recovery {
            self.loss.map { .lost($0, position: position) } ?? .recovered(from: position)
        }
    }

    /// Where the client joined the feed: events behind it come by the feed.
    private let start: Position
    private var state: State
    /// Whether the client was sent anything, or told that it has lost something.
    private var hasMoved = false
    /// Whether the client began behind what its consumer has had.
    private var beganAtCursor = false

    /// - Parameter start: where the client joined its feed.
    init(start: Position) {
        self.start = start
        self.state = .live(start)
    }

    /// Whether the client has gone.
    var hasEnded: Bool { if case .ended = self.state { true } else { false } }

    /// Whether events come by the feed.
    var isLive: Bool { if case .live = self.state { true } else { false } }

    /// The last event that the client was sent, or where it began; nil where that is not known yet, and after the end.
    var position: Position? {
        switch self.state {
        case .live(let position): position
        case .reading(let reading): reading.position
        case .ended: nil
        }
    }

    /// How far the client is: up to here it was sent whatever is for it. Nil until it was told where it begins, and after the end.
    var reachedPosition: Position? {
        if case .reading(let reading) = self.state, reading.isFirst { return nil }
        return self.position
    }

    /// The last event that the client was sent; nil where it was sent none: those before it began are not its own.
    var sentPosition: Position? { self.hasMoved ? self.position : nil }

    /// The same where the client would be sent all of it again that its consumer has not had.
    var repeatedPosition: Position? { self.beganAtCursor ? self.sentPosition : nil }

    /// Whether the consumer has had everything up to where the client is.
    var isPositionHad: Bool { self.hasMoved || self.beganAtCursor }

    enum BeginAction: Equatable {
        /// Nothing is owed: events come by the feed.
        case nothing
        /// Tell the client, which gets what comes by the feed.
        case announce(Recovery)
        /// Read the log behind the position, from the oldest event for nil, and tell.
        case read(after: Position?)
    }

    /// The client has joined. Once, before all else.
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
        }
    }

    private mutating func begin(behind cursor: Position?) -> BeginAction {
        let known = cursor.flatMap { $0.epoch == self.start.epoch ? $0 : nil }
        let loss: Recovery.Reason? = cursor != nil && known == nil ? .epochChanged : nil
        if let known, known.offset >= self.start.offset {
            // What it has had may be ahead of this node's feed.
            self.state = .live(known)
            return .announce(.recovered(from: known))
        }
        guard self.start.offset > 0 else {
            // As in a log with events: the next socket of the consumer begins here.
            if loss != nil { self.hasMoved = true }
            return .announce(loss.map { .lost($0, position: self.start) } ?? .recovered(from: self.start))
        }
        self.state = .reading(
            Reading(position: known, loss: loss, isLenient: true, target: self.start.offset, isFirst: true)
        )
        return .read(after: known)
    }

    enum RoundAction: Equatable {
        case ignore
        /// Send the round; of one whose beginning the client has had, what is behind `after`.
        case deliver(after: UInt64?)
    }

    /// Events came by the feed.
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
            // They are in the log, and are read from there in their turn.
            if end.epoch == self.start.epoch { reading.target = max(reading.target, end.offset) }
            self.state = .reading(reading)
            return .ignore
        case .ended:
            return .ignore
        }
    }

    enum InterruptedAction: Equatable {
        case ignore
        /// Tell the client, which gets what comes by the feed; no more of the log.
        case announce(Recovery)
    }

    /// Events were lost between the last round and `head`.
    mutating func interrupted(_ reason: UnrecoverableReason, head: Position) -> InterruptedAction {
        switch self.state {
        case .live(let position):
            guard reason.isNews(to: position, head: head) else { return .ignore }
            return .announce(self.goOn(behind: head, without: reason))
        case .reading(var reading):
            // A log that is still the same says itself what it has not.
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

    /// The client gets what comes by the feed, and not what is before.
    ///
    /// - Returns: what it is told.
    private mutating func goOn(behind head: Position, without reason: UnrecoverableReason) -> Recovery {
        self.moved(to: head)
        return .lost(Recovery.Reason(reason), position: head)
    }

    private mutating func moved(to position: Position) {
        self.state = .live(position)
        self.hasMoved = true
    }

    // MARK: The log

    enum PageReadAction {
        /// It was read too late, behind an interruption or the end.
        case ignore
        /// Tell the client, which gets what comes by the feed.
        case announce(Recovery)
        /// Tell the client, where there is anything to tell; then read the log behind the position, from the oldest event
        /// for nil, and tell.
        case read(Recovery?, after: Position?)
        /// Tell the client, where there is anything to tell; then send it the events, in as many parts as it takes, and
        /// tell how far it is.
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
            // Once it has begun, what is left is owed to every client: events are late for it, and not unwanted.
            guard reading.position != nil, reading.isLenient || !reading.isFirst else {
                return self.giveUp(reading, reason)
            }
            // Of which it is told once more if it was told already.
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
            // What is lost is told once, and not by each socket to come.
            if reading.loss != nil { self.hasMoved = true }
            reading.position = position
            reading.isFirst = false
            self.state = .reading(reading)
            return .send(recovery, entries)
        }
    }

    /// What is missing is not to be had. What came since the client joined is, and is owed.
    private mutating func giveUp(_ reading: Reading, _ reason: UnrecoverableReason) -> PageReadAction {
        let loss = Recovery.lost(Recovery.Reason(reason), position: self.start)
        guard reading.target > self.start.offset else {
            self.state = .live(self.start)
            return .announce(loss)
        }
        self.state = .reading(Reading(position: self.start, target: reading.target, isFirst: false))
        return .read(loss, after: self.start)
    }

    /// The client was sent the events of a page up to a position, or has no use for them.
    ///
    /// - Parameter isEmpty: whether none was sent: they are older than it asked for.
    mutating func sent(upTo position: Position, isEmpty: Bool = false) {
        guard case .reading(var reading) = self.state else { return }
        reading.position = position
        if !isEmpty { self.hasMoved = true }
        self.state = .reading(reading)
    }

    enum PageSentAction: Equatable {
        case ignore
        /// Read the log behind the position, from the oldest event for nil, and tell.
        case read(after: Position?)
        /// The client has had all of the log: events come by the feed.
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
