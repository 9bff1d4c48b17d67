// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A window for events of the log: how many a client is sent ahead of what it has read. No IO and no clock.
///
/// Kernel buffers on both ends hold megabytes, and a client that processes one event at a time reads the next only when
/// it is done. With all of that buffered it would answer pings minutes late, be disconnected for that, and get
/// processed events again. So the window starts small, and the next events are sent when a probe after them is
/// answered: more of them if the answer is quick, fewer if it is slow.
struct DeliveryWindow {
    /// Distinguishes these probes' numbers from those of `ReceiptStateMachine`.
    private static let mark: UInt64 = 1 << 63
    private static let first = 4
    private static let largest = 4_096
    /// Answered within this time, a probe doubles the window.
    private static let quick = TimeAmount.seconds(1)
    /// Not answered within this time, it halves the window.
    private static let slow = TimeAmount.seconds(2)
    /// After this time without any answer the window is disabled: the client may not answer pings.
    private static let patience = TimeAmount.seconds(10)
    /// How long until an unanswered probe is resent: a client may answer only the last of several pings (RFC 6455
    /// section 5.5.3), which may be another.
    static let nextLook = TimeAmount.milliseconds(2_500)

    private struct Probe {
        var number: UInt64
        var position: Position
        var sent: NIODeadline
    }

    private var size = Self.first
    /// How many events were sent since the last answer.
    private var sent = 0
    private var probe: Probe?
    private var lastNumber: UInt64 = 0
    private var hasAnswered = false
    private var isOff = false

    /// Whether a probe is a window's.
    static func owns(_ number: UInt64) -> Bool { number & self.mark != 0 }

    /// How many events may be sent now.
    var room: Int {
        if self.isOff { return .max }
        return self.probe == nil ? self.size - self.sent : 0
    }

    /// Events were sent, within `room`.
    ///
    /// - Parameter position: the last event that the client was sent, or that was skipped for it.
    /// - Returns: the number of a probe to send after them; nil for none.
    mutating func sent(_ count: Int, upTo position: Position, now: NIODeadline) -> UInt64? {
        guard !self.isOff else { return nil }
        self.sent += count
        guard self.sent >= self.size, self.probe == nil else { return nil }
        self.lastNumber += 1
        self.probe = Probe(number: self.lastNumber | Self.mark, position: position, sent: now)
        return self.probe?.number
    }

    /// The client has answered a probe.
    ///
    /// - Returns: how far the client has read; nil for an unknown probe.
    mutating func answered(_ number: UInt64, now: NIODeadline) -> Position? {
        guard let probe, probe.number == number else { return nil }
        self.probe = nil
        self.hasAnswered = true
        self.sent = 0
        let time = now - probe.sent
        if time <= Self.quick {
            self.size = min(2 * self.size, Self.largest)
        } else if time > Self.slow {
            self.size = max(1, self.size / 2)
        }
        return probe.position
    }

    enum Look: Equatable {
        /// There is no outstanding probe, or the window is disabled.
        case nothing
        /// Send the probe again.
        case probe(UInt64)
    }

    /// `nextLook` has passed since a probe, or since the last check.
    mutating func look(now: NIODeadline) -> Look {
        guard let probe else { return .nothing }
        guard self.hasAnswered || now - probe.sent < Self.patience else {
            self.isOff = true
            self.probe = nil
            return .nothing
        }
        return .probe(probe.number)
    }
}
