// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// A part of a run: the warm-up, or what is measured. All event loops take their events from it.
final class LoadPhase: Sendable {
    /// The events that it may send.
    let events: Range<Int>
    let start: NIODeadline
    /// When to stop, though events are left.
    let stop: NIODeadline?
    /// When events are due; nil in a closed loop.
    let schedule: LoadSchedule?
    private let next: Atomic<Int>
    private let isCutShort = Atomic(false)

    init(events: Range<Int>, start: NIODeadline, duration: TimeAmount?, perSecond: Double?) {
        self.events = events
        self.start = start
        self.stop = duration.map { start + $0 }
        self.schedule = perSecond.map { LoadSchedule(start: start, perSecond: $0, count: events.count) }
        self.next = Atomic(events.lowerBound)
    }

    /// Takes the next event; nil when none is left or the time is over.
    func take(now: NIODeadline) -> Int? {
        guard !self.isOver(now: now) else { return nil }
        let event = self.next.wrappingAdd(1, ordering: .relaxed).oldValue
        return event < self.events.upperBound ? event : nil
    }

    /// Ends it now, unless it is over already.
    ///
    /// - Returns: whether it was not.
    func cutShort() -> Bool {
        guard !self.isOver(now: .now()) else { return false }
        self.isCutShort.store(true, ordering: .relaxed)
        return true
    }

    /// Whether it was ended though there was something to send, and time.
    var wasCutShort: Bool { self.isCutShort.load(ordering: .relaxed) }

    /// Whether nothing more is to be sent.
    func isOver(now: NIODeadline) -> Bool {
        if let stop = self.stop, now >= stop { return true }
        guard !self.wasCutShort else { return true }
        return self.next.load(ordering: .relaxed) >= self.events.upperBound
    }
}
