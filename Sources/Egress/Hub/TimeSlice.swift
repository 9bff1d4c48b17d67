// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How long a lane delivers without a pause. It is bounded by time rather than by a number of sockets: a write of many
/// merged events takes ten times as long as one of a single event, and one through TLS longer still.
///
/// The clock is looked at after a few writes only, so that a lane with little to do does without it.
struct TimeSlice {
    /// How long a slice lasts from its first look at the clock, but for what is spent between two looks.
    static let duration = TimeAmount.microseconds(130)
    /// That of those who are through soon: were it as short, reading would come between bots that all have one event.
    static let freshDuration = TimeAmount.microseconds(500)
    /// How much is spent between two looks at the clock: so many small writes, or one of 12 KiB.
    private static let stride = 4
    /// How much is spent before the first look.
    private static let firstStride = 2
    /// The bytes that a write has for what it costs in itself.
    private static let bytesPerUnit = 4096

    private let duration: TimeAmount
    private let stride: Int
    private let clock: () -> NIODeadline
    private var untilLook: Int
    private var end: NIODeadline?
    /// Whether the time is up.
    private(set) var isOver = false

    /// A slice whose time counts from the first look at the clock.
    ///
    /// - Parameters:
    ///   - stride: how much is spent between two looks at the clock.
    ///   - firstStride: how much is spent before the first of them.
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

    /// What a write to a socket costs; whole, at least 1.
    static func cost(ofBytes bytes: Int) -> Int { 1 + bytes / Self.bytesPerUnit }

    /// Something was done that costs so much.
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
