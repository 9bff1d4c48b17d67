// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The lifecycle of one upload: a request to the platform with a body streamed from a client, and its response, which
/// may come before the body has ended.
///
/// Pure. The platform has `timeout` for each of its steps: accepting what was written, beginning its response after the
/// end, and each part of the response. The client's connection enforces the client's own time-outs.
struct QQUploadStateMachine {
    private enum Body {
        /// The connection is not ready.
        case waiting
        case open(isAsked: Bool)
        case ended
        /// The platform has refused the request; the rest is not sent.
        case abandoned
    }

    private enum Answer {
        case none
        /// It has begun; `isAsked` while the client can take more of it.
        case begun(isAsked: Bool)
        case over
    }

    private let timeout: TimeAmount
    private var body = Body.waiting
    private var answer = Answer.none
    /// When the platform times out; `distantFuture` while it is not waited for.
    private(set) var deadline: NIODeadline

    init(timeout: TimeAmount, now: NIODeadline) {
        self.timeout = timeout
        self.deadline = now + timeout
    }

    /// Whether the upload is finished.
    var isOver: Bool {
        if case .over = self.answer { true } else { false }
    }

    /// Whether to read more of the response.
    var readsAnswer: Bool {
        switch self.answer {
        case .none: true
        case .begun(let isAsked): isAsked
        case .over: false
        }
    }

    // MARK: The body

    /// The connection is ready for the request. Returns whether its header is to be sent.
    mutating func started(now: NIODeadline) -> Bool {
        guard case .waiting = self.body, case .none = self.answer else { return false }
        self.body = .open(isAsked: false)
        self.progressed(now: now)
        return true
    }

    /// Whether to ask for a piece now: one at a time, and only while the platform accepts them.
    mutating func asksForPiece(isWritable: Bool, now: NIODeadline) -> Bool {
        guard case .open(isAsked: false) = self.body, isWritable else { return false }
        self.body = .open(isAsked: true)
        self.progressed(now: now)
        return true
    }

    /// A piece has arrived. Returns whether to send it.
    mutating func pieceReceived(now: NIODeadline) -> Bool {
        guard case .open = self.body else { return false }
        self.body = .open(isAsked: false)
        self.progressed(now: now)
        return true
    }

    /// The body is complete. Returns whether to send its end.
    mutating func bodyEnded(now: NIODeadline) -> Bool {
        guard case .open = self.body else { return false }
        self.body = .ended
        self.progressed(now: now)
        return true
    }

    // MARK: The answer

    /// The answer has begun. An early refusal ends the sending.
    mutating func answerBegan(status: Int, now: NIODeadline) {
        guard case .none = self.answer else { return }
        self.answer = .begun(isAsked: true)
        if status >= 300, case .open = self.body { self.body = .abandoned }
        self.progressed(now: now)
    }

    /// A part of the response has arrived. `isAsked`: whether the client can take more.
    mutating func answerContinued(isAsked: Bool, now: NIODeadline) {
        guard case .begun = self.answer else { return }
        self.answer = .begun(isAsked: isAsked)
        self.progressed(now: now)
    }

    mutating func answerEnded() {
        self.answer = .over
        self.deadline = .distantFuture
    }

    // MARK: The end

    enum Failure: Equatable {
        /// There is no answer, and there will be none.
        case refuse
        /// The response has begun and will be incomplete.
        case cut
        case none
    }

    /// The connection is closed, or must be.
    mutating func failed() -> Failure {
        defer { self.answerEnded() }
        switch self.answer {
        case .none: return .refuse
        case .begun: return .cut
        case .over: return .none
        }
    }

    /// Whether the platform is too slow.
    func isLate(now: NIODeadline) -> Bool { now >= self.deadline }

    private mutating func progressed(now: NIODeadline) {
        self.deadline = self.waitsForPlatform ? now + self.timeout : .distantFuture
    }

    private var waitsForPlatform: Bool {
        switch (self.body, self.answer) {
        case (_, .over): false
        case (.waiting, _), (.open(isAsked: false), _), (_, .begun(isAsked: true)): true
        case (.ended, .none), (.abandoned, .none): true
        case (.open(isAsked: true), _), (.ended, .begun), (.abandoned, .begun): false
        }
    }
}
