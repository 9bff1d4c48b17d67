// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// When events are due at a fixed rate. It knows no clock: what is due is asked for with the time.
///
/// An event that is sent late keeps the time at which it was due, and its latency counts from there: a server that
/// stalls is charged for all the events that it held up, not for one (coordinated omission).
struct LoadSchedule: Sendable {
    private let start: NIODeadline
    private let perSecond: Double
    private let count: Int
    private var next = 0

    /// - Parameters:
    ///   - start: when the first event is due.
    ///   - perSecond: how many events are due in a second, above 0.
    ///   - count: how many events there are.
    init(start: NIODeadline, perSecond: Double, count: Int) {
        precondition(perSecond > 0)
        self.start = start
        self.perSecond = perSecond
        self.count = count
    }

    /// The part of one of several loops: every `of`-th event, beginning with the `index`-th.
    func share(_ index: Int, of loops: Int) -> LoadSchedule {
        LoadSchedule(
            start: self.time(of: index),
            perSecond: self.perSecond / Double(loops),
            count: (self.count - index + loops - 1) / loops
        )
    }

    /// How many events were not taken yet.
    var remaining: Int { self.count - self.next }

    /// When the next event is due; nil after the last.
    var nextTime: NIODeadline? {
        self.next < self.count ? self.time(of: self.next) : nil
    }

    /// Takes the next event if it is due.
    ///
    /// - Returns: when it was due; nil if none is.
    mutating func take(now: NIODeadline) -> NIODeadline? {
        guard let time = self.nextTime, time <= now else { return nil }
        self.next += 1
        return time
    }

    /// From the start, not from the event before: no rounding adds up.
    private func time(of index: Int) -> NIODeadline {
        self.start + .nanoseconds(Int64(Double(index) / self.perSecond * 1e9))
    }
}
