// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Buffers a request's body for a route that streams it: what is buffered, whether the route waits, and until when.
///
/// Pure. The buffer holds one read at most, since nothing is read while it is not empty; only when the peer closes its
/// side is the rest of the socket's data read at once.
///
/// A peer has `time` for every `HTTPLimits.bodyWindow` bytes. The time runs only while the route waits for the peer, so
/// that it is not charged for back-pressure by the route.
struct HTTPBodyIntake {
    private enum State {
        /// More is to come.
        case open
        /// All has arrived, though perhaps not all was taken.
        case ended
        /// Cut short: further input is ignored.
        case stopped
    }

    private let time: TimeAmount
    private var state = State.open
    private var waiting = ByteBuffer()
    /// Since when the route waits for the peer; nil while it does not.
    private var askedAt: NIODeadline?
    /// Whether the route has asked and gets the buffer at the end of the read.
    private var isOwed = false
    private var owesContinue: Bool
    /// What is left of the peer's time for the current window, and how many bytes of it have arrived.
    private var timeLeft: TimeAmount
    private var received = 0

    /// - Parameter expectsContinue: whether the peer waits for 100 before it sends (RFC 9110, section 10.1.1).
    init(time: TimeAmount, expectsContinue: Bool) {
        self.time = time
        self.timeLeft = time
        self.owesContinue = expectsContinue
    }

    /// Whether input belongs to this body.
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

    /// When the peer times out.
    var deadline: NIODeadline {
        self.askedAt.map { $0 + self.timeLeft } ?? .distantFuture
    }

    /// A piece has arrived; see `readCompleted`.
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

    /// The read is complete. A peer may send one byte per frame: the route gets them together.
    ///
    /// - Returns: what the route gets, if it has asked.
    mutating func readCompleted() -> ByteBuffer? {
        guard self.isOwed else { return nil }
        self.isOwed = false
        defer { self.waiting = ByteBuffer() }
        return self.waiting
    }

    /// The body is complete. Returns whether to tell the route now.
    mutating func end() -> Bool {
        guard case .open = self.state else { return false }
        self.state = .ended
        return self.askedAt.take() != nil
    }

    enum Asked: Equatable {
        case deliver(ByteBuffer)
        case deliverEnd
        /// Nothing is buffered; `sendContinue` if the peer waits for 100.
        case wait(sendContinue: Bool)
        case none
    }

    /// The route asks for more.
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

    /// Delivers nothing more.
    mutating func stop() {
        self.waiting = ByteBuffer()
        self.askedAt = nil
        self.isOwed = false
        if case .open = self.state { self.state = .stopped }
    }
}
