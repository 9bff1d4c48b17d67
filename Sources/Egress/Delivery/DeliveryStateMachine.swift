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
        case after(Position)
        /// It gave something that is no position.
        case unreadable
    }

    private enum State {
        case live(Position)
        case reading(Reading)
        case ended
    }

    private struct Reading {
        /// The last event that the client has had.
        var position: Position
        /// Where the log has to be read to, so that nothing is missing before what the feed brings.
        var target: UInt64
        /// Whether the client waits to be told if it can go on.
        var isFirst: Bool
    }

    enum Action: Equatable {
        case announce(Recovery)
        /// Read the log behind the position, and tell.
        case read(after: Position)
        /// Send the page that was read, in as many parts as the client takes, and tell how far it is.
        case send
    }

    /// Where the client joined the feed: events behind it come by the feed.
    private let start: Position
    private var state: State

    /// - Parameter start: where the client joined its feed.
    init(start: Position) {
        self.start = start
        self.state = .live(start)
    }

    /// Whether events come by the feed.
    var isLive: Bool { if case .live = self.state { true } else { false } }

    /// The client has joined. Once, before all else.
    mutating func begin(_ resumption: Resumption?) -> [Action] {
        switch resumption {
        case nil:
            return []
        case .unreadable:
            return [.announce(.lost(.badPosition, position: self.start))]
        case .after(let position):
            self.state = .reading(Reading(position: position, target: self.start.offset, isFirst: true))
            return [.read(after: position)]
        }
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
            if position.epoch != end.epoch || position.offset < first {
                self.state = .live(end)
                return .deliver(after: nil)
            }
            guard position.offset < end.offset else { return .ignore }
            self.state = .live(end)
            return .deliver(after: position.offset)
        case .reading(var reading):
            // They are in the log, and are read from there in their turn.
            if end.epoch == self.start.epoch { reading.target = max(reading.target, end.offset) }
            self.state = .reading(reading)
            return .ignore
        case .ended:
            return .ignore
        }
    }

    /// Events were lost between the last round and `head`.
    mutating func interrupted(_ reason: UnrecoverableReason, head: Position) -> [Action] {
        switch self.state {
        case .live:
            return self.goOn(behind: head, without: reason)
        case .reading(var reading):
            // A log that is still the same says itself what it has not.
            guard head.epoch == self.start.epoch else { return self.goOn(behind: head, without: reason) }
            reading.target = max(reading.target, head.offset)
            self.state = .reading(reading)
            return []
        case .ended:
            return []
        }
    }

    private mutating func goOn(behind head: Position, without reason: UnrecoverableReason) -> [Action] {
        self.state = .live(head)
        return [.announce(.lost(Recovery.Reason(reason), position: head))]
    }

    // MARK: The log

    /// The log was read.
    mutating func pageRead(_ page: LogPage) -> [Action] {
        guard case .reading(var reading) = self.state else { return [] }
        switch page {
        case .notRecoverable(let reason, let head):
            guard reading.isFirst else { return self.goOn(behind: head, without: reason) }
            return self.giveUp(reading, reason)
        case .entries(let entries, let head):
            guard !entries.isEmpty || reading.position.offset >= reading.target else {
                return self.goOn(behind: head, without: .trimmed)
            }
            let isFirst = reading.isFirst
            reading.isFirst = false
            self.state = .reading(reading)
            return (isFirst ? [.announce(.recovered(from: reading.position))] : []) + [.send]
        }
    }

    /// What is missing is not to be had. What came since the client joined is, and is owed.
    private mutating func giveUp(_ reading: Reading, _ reason: UnrecoverableReason) -> [Action] {
        let announcement = Action.announce(.lost(Recovery.Reason(reason), position: self.start))
        guard reading.target > self.start.offset else {
            self.state = .live(self.start)
            return [announcement]
        }
        self.state = .reading(Reading(position: self.start, target: reading.target, isFirst: false))
        return [announcement, .read(after: self.start)]
    }

    /// The client was sent the events of a page up to a position.
    mutating func sent(upTo position: Position) {
        guard case .reading(var reading) = self.state else { return }
        reading.position = position
        self.state = .reading(reading)
    }

    /// The client was sent the whole page.
    mutating func pageSent() -> [Action] {
        guard case .reading(let reading) = self.state else { return [] }
        guard reading.position.offset >= reading.target else { return [.read(after: reading.position)] }
        self.state = .live(reading.position)
        return []
    }

    /// The client has gone.
    mutating func ended() {
        self.state = .ended
    }
}
