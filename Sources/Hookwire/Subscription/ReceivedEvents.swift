// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// What a subscription has received, on all its connections: which events are new, and where to resume. No IO and no
/// clock.
///
/// A position says that, until the log begins a new epoch or lets go of what is behind it. Then it is the time of the last
/// event, and what was received before is known by what it is: a store that lost only its newest events has the others
/// again, under new positions.
struct ReceivedEvents {
    /// How many events are known by what they are.
    static let limit = 10_000
    /// How far the relay's clock may be from this machine's, and what an event may take to arrive. What is asked for twice is
    /// known, and what is not asked for is lost: so it is long.
    static let allowance: Int64 = 60_000

    /// Up to where all has come that is for the client: the last event, or what the relay says is behind it.
    private(set) var position: Position?
    /// Whether the relay does not know that position any more.
    private(set) var isPositionLost = false
    /// When the last one came to the relay or here, whichever is earlier, in milliseconds since 1970.
    private var time: Int64?
    private let knowsContents: Bool
    private var epochs: [Int: Epoch] = [:]
    private var order: Deque<Int> = []

    /// - Parameter knowsContents: whether an event is known, too, that came before in another epoch of the log.
    init(knowsContents: Bool) {
        self.knowsContents = knowsContents
    }

    /// An event came.
    ///
    /// - Parameter now: in milliseconds since 1970.
    /// - Returns: whether it is new.
    mutating func receive(_ event: ReceivedEvent, now: Int64) -> Bool {
        guard self.receive(event.position) else { return false }
        self.time = min(event.milliseconds ?? now, now)
        self.isPositionLost = false
        guard self.knowsContents, let key = Self.key(event) else { return true }
        let isKnown = self.epochs[key].map { $0 != event.position.epoch } ?? false
        if self.epochs.updateValue(event.position.epoch, forKey: key) == nil { self.order.append(key) }
        if self.order.count > Self.limit { self.epochs[self.order.removeFirst()] = nil }
        return !isKnown
    }

    private mutating func receive(_ position: Position) -> Bool {
        if let last = self.position, last.epoch == position.epoch, last.offset >= position.offset { return false }
        self.position = position
        return true
    }

    /// The relay says that up to a position all has come that is for the client, and passes its filters. A log that
    /// lets go of what it kept back has lost nothing of the client's.
    mutating func reached(_ position: Position) {
        guard self.receive(position) else { return }
        self.isPositionLost = false
    }

    /// The relay cannot resume after the position.
    mutating func losePosition() {
        self.isPositionLost = true
    }

    /// How long ago what has not been received may have come, in milliseconds; nil where nothing was received.
    func age(now: Int64) -> Int64? {
        self.time.map { max(0, now - $0) + Self.allowance }
    }

    /// The same for the same event, whatever its position; nil where the relay does not say when it came.
    private static func key(_ event: ReceivedEvent) -> Int? {
        guard !event.time.isEmpty else { return nil }
        var hasher = Hasher()
        hasher.combine(event.time)
        hasher.combine(event.platform)
        hasher.combine(event.type)
        // Without an id of its own an event has its position for one.
        hasher.combine(event.id == event.position.description ? "" : event.id)
        hasher.combine(event.path)
        hasher.combine(event.query)
        hasher.combine(event.body)
        return hasher.finalize()
    }
}
