// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A request's body on its way to a route that takes it piece by piece: what waits, who waits, and until when.
///
/// Pure. What waits is what one read brought, since none is asked for while something waits; only a peer that closes its
/// side has what its socket still holds read at once.
///
/// A peer has `time` for every `HTTPLimits.bodyWindow` bytes. It passes only while the route waits for the peer: how long
/// the route holds it up is not the peer's.
struct HTTPBodyIntake {
    private enum State {
        /// More is to come.
        case open
        /// All has come, though perhaps not all was taken.
        case ended
        /// More was to come and does not count any more.
        case stopped
    }

    private let time: TimeAmount
    private var state = State.open
    private var waiting = ByteBuffer()
    /// Since when the route waits for the peer; nil while it does not.
    private var askedAt: NIODeadline?
    /// Whether the route has asked, and gets what waits when all of a read is there.
    private var isOwed = false
    private var owesContinue: Bool
    /// What is left of the peer's time for the present window, and how much of that has come.
    private var timeLeft: TimeAmount
    private var received = 0

    /// - Parameter expectsContinue: whether the peer waits for 100 before it sends (RFC 9110, section 10.1.1).
    init(time: TimeAmount, expectsContinue: Bool) {
        self.time = time
        self.timeLeft = time
        self.owesContinue = expectsContinue
    }

    /// Whether what comes is this body's.
    var isOpen: Bool {
        if case .ended = self.state { false } else { true }
    }

    /// Whether no more may be read.
    var holds: Bool {
        switch self.state {
        case .open: self.waiting.readableBytes > 0
        case .ended, .stopped: true
        }
    }

    /// When the peer is too slow.
    var deadline: NIODeadline {
        self.askedAt.map { $0 + self.timeLeft } ?? .distantFuture
    }

    /// A piece has come; see `readCompleted`.
    mutating func receive(_ bytes: ByteBuffer, now: NIODeadline) {
        guard case .open = self.state, bytes.readableBytes > 0 else { return }
        self.owesContinue = false
        self.received += bytes.readableBytes
        if let askedAt = self.askedAt.take() {
            self.timeLeft = self.timeLeft - (now - askedAt)
            self.isOwed = true
        }
        if self.received >= HTTPLimits.bodyWindow {
            self.received = 0
            self.timeLeft = self.time
        }
        if self.waiting.readableBytes == 0 {
            self.waiting = bytes
        } else {
            var bytes = bytes
            self.waiting.writeBuffer(&bytes)
        }
    }

    /// All that was read is here. A peer may send its bytes one by one, each with a frame of its own: the route gets them
    /// together.
    ///
    /// - Returns: what the route gets, if it has asked.
    mutating func readCompleted() -> ByteBuffer? {
        guard self.isOwed else { return nil }
        self.isOwed = false
        defer { self.waiting = ByteBuffer() }
        return self.waiting
    }

    /// The body is whole. Returns whether the route is to be told now.
    mutating func end() -> Bool {
        guard case .open = self.state else { return false }
        self.state = .ended
        return self.askedAt.take() != nil
    }

    enum Asked: Equatable {
        case deliver(ByteBuffer)
        case deliverEnd
        /// Nothing is there; `sendContinue` where the peer waits for 100.
        case wait(sendContinue: Bool)
        case none
    }

    /// The route takes more.
    mutating func ask(now: NIODeadline) -> Asked {
        precondition(!self.isOwed, "a route asks for one piece at a time")
        if self.waiting.readableBytes > 0 {
            defer { self.waiting = ByteBuffer() }
            return .deliver(self.waiting)
        }
        switch self.state {
        case .ended:
            return .deliverEnd
        case .stopped:
            return .none
        case .open:
            precondition(self.askedAt == nil, "a route asks for one piece at a time")
            self.askedAt = now
            defer { self.owesContinue = false }
            return .wait(sendContinue: self.owesContinue)
        }
    }

    /// Nothing more is handed on.
    mutating func stop() {
        self.waiting = ByteBuffer()
        self.askedAt = nil
        self.isOwed = false
        if case .open = self.state { self.state = .stopped }
    }
}
