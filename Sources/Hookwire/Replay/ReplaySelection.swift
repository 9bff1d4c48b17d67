// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// Which of a bot's retained events are sent again.
enum ReplaySelection: Equatable, Sendable {
    case one(Position)
    /// From an event to another, both included; to the newest where that is nil.
    case range(from: Position, until: Position?)
    /// What was received within a time, such as `5m`.
    case since(String)
    /// The newest events, up to this many.
    case last(Int)

    /// What is asked of the relay.
    var start: Subscription.Start {
        switch self {
        case .one(let position), .range(from: let position, until: _): .after(position.predecessor)
        case .since(let time): .since(time)
        // As far back as the relay lets one ask.
        case .last: .since("366d")
        }
    }
}

/// Collects what was selected from a stream of retained events, which goes on with what comes: it ends where the log stood
/// when the stream began. No IO and no clock.
struct ReplayCollection {
    /// The most bytes that are collected.
    static let byteLimit = 256 << 20

    enum Progress: Equatable {
        case more
        case complete
        /// What was selected is not retained any more.
        case gone(String)
        case tooMuch
    }

    private let selection: ReplaySelection
    private let isFiltered: Bool
    private let isRepublished: Bool
    /// In the order of the log.
    private(set) var events: Deque<ReceivedEvent> = []
    /// Where the log stood when the stream began; nil until the relay says so.
    private(set) var head: Position?
    /// What was lost behind the beginning, a sentence each.
    private(set) var losses: [String] = []
    private var bytes = 0

    /// - Parameters:
    ///   - isFiltered: whether some of what was selected does not come.
    ///   - isRepublished: whether what is collected stands in the log once more then. What stands there for that reason
    ///     is left out, where it was not named: each time there would be twice as much.
    init(_ selection: ReplaySelection, isFiltered: Bool = false, isRepublished: Bool = false) {
        self.selection = selection
        self.isFiltered = isFiltered
        self.isRepublished = isRepublished
    }

    /// What of the selection has not come, a sentence each, now that no more comes.
    var gaps: [String] {
        guard case .range(let from, let until) = self.selection, !self.isFiltered, !self.events.isEmpty else {
            return self.losses
        }
        let missing = [from, until].compactMap { $0 }.filter { end in !self.events.contains { $0.position == end } }
        return self.losses
            + missing.map { end in
                if let head, head.epoch == end.epoch, head.offset < end.offset {
                    return "There is no \(end): the log ends with \(head)."
                }
                return "\(end) did not come: it may be for one consumer only, or is not retained any more."
            }
    }

    /// The relay says from where on the events follow.
    mutating func began(_ recovery: RelayMessage.Recovery) -> Progress {
        guard self.head != nil || !self.events.isEmpty else { return self.beginsFirst(recovery) }
        if let loss = recovery.loss {
            let place = self.events.last.map { "behind \($0.position) " } ?? ""
            self.losses.append("Events \(place)were lost (\(loss)): \(recovery.detail).")
        }
        if let head = recovery.head, head.epoch != self.head?.epoch {
            // Of a range nothing can be in another log; for the others that is where what is left stands.
            if case .range = self.selection { return .complete }
            self.head = head
        }
        // Where it is asked for again, this is not yet where the rest begins.
        return !recovery.isAskedAgain && self.isBehindHead(recovery.position) ? .complete : .more
    }

    private mutating func beginsFirst(_ recovery: RelayMessage.Recovery) -> Progress {
        self.head = recovery.head
        switch self.selection {
        case .one, .range:
            if let loss = recovery.loss { return .gone("\(loss): \(recovery.detail)") }
        case .since, .last:
            break
        }
        return self.isBehindHead(recovery.position) ? .complete : .more
    }

    /// Up to a position all has come that is for this client and passes its filters.
    mutating func reached(_ position: Position) -> Progress {
        if case .range(from: _, let until?) = self.selection, position.epoch == until.epoch,
            position.offset >= until.offset
        {
            return .complete
        }
        return self.isBehindHead(position) ? .complete : .more
    }

    /// An event came.
    mutating func received(_ event: ReceivedEvent) -> Progress {
        switch self.selection {
        case .one(let position):
            guard event.position == position else {
                return .gone("the log has no such event, or it is for one consumer only")
            }
            self.events = [event]
            return .complete
        case .range(from: _, let until):
            if let until, event.position.epoch != until.epoch || event.position.offset > until.offset {
                return .complete
            }
            self.add(event)
            if event.position == until { return .complete }
        case .since, .last:
            guard !(self.isRepublished && event.isReplay) else { break }
            self.add(event)
            if case .last(let count) = self.selection, self.events.count > count {
                self.bytes -= self.events.removeFirst().frame.readableBytes
            }
        }
        guard self.bytes <= Self.byteLimit else { return .tooMuch }
        return self.isBehindHead(event.position) ? .complete : .more
    }

    private mutating func add(_ event: ReceivedEvent) {
        self.events.append(event)
        self.bytes += event.frame.readableBytes
    }

    private func isBehindHead(_ position: Position) -> Bool {
        guard let head else { return false }
        return position.epoch != head.epoch || position.offset >= head.offset
    }
}
