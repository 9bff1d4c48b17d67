// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A bounded stretch of delivery by a lane. It is bounded by time rather than by a number of sockets: a write of many
/// merged events takes ten times as long as one of a single event, and one through TLS longer still.
///
/// The clock is read only after a few writes, so that a lane with little to do never reads it.
struct TimeSlice {
    /// How long a slice lasts from its first clock read; it may overrun by what is spent between two reads.
    static let duration = TimeAmount.microseconds(130)
    /// The slice of groups that finish quickly: a shorter one would interleave I/O polls between bots with one event
    /// each.
    static let freshDuration = TimeAmount.microseconds(500)
    /// The cost between two clock reads: this many small writes, or one of 12 KiB.
    private static let stride = 4
    /// The cost before the first clock read.
    private static let firstStride = 2
    /// How many bytes cost as much as the write itself.
    private static let bytesPerUnit = 4096

    private let duration: TimeAmount
    private let stride: Int
    private let clock: () -> NIODeadline
    private var untilLook: Int
    private var end: NIODeadline?
    /// Whether the time is up.
    private(set) var isOver = false

    /// Creates a slice whose time starts at the first clock read.
    ///
    /// - Parameters:
    ///   - stride: the cost between two clock reads.
    ///   - firstStride: the cost before the first one.
    ///   - clock: monotonic.
    init(
        _ duration: TimeAmount = TimeSlice.duration,
        stride: Int = TimeSlice.stride,
        firstStride: Int = TimeSlice.firstStride,
        clock: @escaping () -> NIODeadline
    ) {
        self.duration = duration
        self.stride = stride
        self.untilLook = firstStride
        self.clock = clock
    }

    /// The cost of a write to a socket, in units of a small write, at least 1.
    static func cost(ofBytes bytes: Int) -> Int { 1 + bytes / Self.bytesPerUnit }

    /// Charges work of a cost.
    mutating func spend(_ cost: Int) {
        self.untilLook -= cost
        guard self.untilLook <= 0 else { return }
        self.untilLook = self.stride
        let now = self.clock()
        let end = self.end ?? now + self.duration
        self.end = end
        self.isOver = now >= end
    }
}
