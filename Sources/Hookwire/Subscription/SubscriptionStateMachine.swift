// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Keeps one connection to the relay: when to connect, and when a connection counts as dead. No IO and no clock of its own.
///
/// A dead relay is noticed by silence: after `idle` without a byte the client pings, and after `answer` more it connects
/// anew. A laptop that slept is noticed by its wall clock: then it pings at once, for a connection that looks alive is most
/// often gone. While the client itself does not read, silence says nothing.
struct SubscriptionStateMachine {
    /// How long nothing may come before the relay is asked.
    static let idle = TimeAmount.seconds(10)
    /// How long the relay has for its answer.
    static let answer = TimeAmount.seconds(5)
    /// How long a connection and its handshake may take.
    static let handshake = TimeAmount.seconds(15)
    /// How often `tick` is called; a clock that has gone much further has slept.
    static let tickInterval = TimeAmount.seconds(1)
    private static let sleepMilliseconds: Int64 = 5_000
    /// How long a relay is tried that has never answered.
    static let patience = TimeAmount.seconds(10)
    private static let longestHint = TimeAmount.minutes(5)
    /// How long a relay that took the client may not know what it was let in by: nodes that read the registry one after
    /// another may say so for a moment.
    static let doubt = TimeAmount.minutes(1)

    enum State: Equatable {
        case idle
        case connecting(since: NIODeadline)
        case open(since: NIODeadline)
        case waiting
        case ended
    }

    enum Action: Equatable {
        case none
        case connect
        case wait(TimeAmount)
        case ping
        /// The connection is dead: drop it, and tell of the loss.
        case drop
        /// There is no use in trying again.
        case fail(Failure)
    }

    enum Failure: Equatable {
        /// The relay does not want this client.
        case refused(HandshakeRefusal)
        /// Its credential is no longer valid: reconnecting is refused. The code is of the close frame
        /// that said so, or the status of the handshakes'.
        case revoked(code: Int)
        case unreachable(detail: String)
    }

    private(set) var state = State.idle
    private var backoff = Backoff(first: .milliseconds(500), cap: .seconds(15))
    private var wasOpen = false
    private var firstTry: NIODeadline?
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    private var pinged: NIODeadline?
    private var lastWall: Int64?
    private var isPaused = false
    /// Whether the connection takes the place of another, without a wait.
    private var isReplacement = false
    /// Since when the relay does not know what it let the client in by; nil where it does, or something else is wrong.
    private var unknownSince: NIODeadline?

    /// Begins, or begins again after the wait.
    mutating func connect(now: NIODeadline) -> Action {
        guard self.state == .idle || self.state == .waiting else { return .none }
        self.firstTry = self.firstTry ?? now
        self.state = .connecting(since: now)
        return .connect
    }

    /// What the open connection was asked for is not to be had on it: another takes its place at once, or where it has
    /// taken one's itself, after a wait.
    mutating func replace(now: NIODeadline, dice: Double) -> Action {
        guard case .open = self.state else { return .none }
        guard !self.isReplacement else { return self.wait(hint: nil, dice: dice) }
        self.isReplacement = true
        self.state = .connecting(since: now)
        return .connect
    }

    /// The relay has taken the client.
    mutating func opened(now: NIODeadline) {
        guard self.isConnecting else { return }
        self.wasOpen = true
        self.unknownSince = nil
        self.state = .open(since: now)
        self.lastHeard = now
        self.pinged = nil
    }

    // MARK: Ends

    /// The relay, or something in its place, answered the handshake with something else.
    mutating func refused(_ refusal: HandshakeRefusal, now: NIODeadline, dice: Double) -> Action {
        guard self.isConnecting else { return .none }
        if self.wasOpen, refusal.meansUnknownCredential {
            let since = self.unknownSince ?? now
            self.unknownSince = since
            guard now - since < Self.doubt else { return self.fail(.revoked(code: refusal.status)) }
        } else if refusal.status != 429 {
            // Repeated attempts with an unknown credential are banned for a while; after the ban it is still unknown.
            self.unknownSince = nil
        }
        // A relay that never accepted the client, and asks it to retry later than it will wait, has refused it.
        guard refusal.mayPass(wasOpen: self.wasOpen), self.hasPatience(now + (refusal.retryAfter ?? .zero)) else {
            return self.fail(.refused(refusal))
        }
        return self.wait(hint: refusal.retryAfter, dice: dice)
    }

    /// The connection is gone, or could not be made.
    ///
    /// - Parameters:
    ///   - code: of the close frame, if one came.
    ///   - text: its reason, which may say when to come back, or what went wrong.
    mutating func lost(code: Int?, text: String, now: NIODeadline, dice: Double) -> Action {
        switch self.state {
        case .idle, .waiting, .ended:
            return .none
        case .connecting:
            self.unknownSince = nil
            guard self.hasPatience(now) else { return self.fail(.unreachable(detail: text)) }
            return self.wait(hint: nil, dice: dice)
        case .open(let since):
            let meaning = code.flatMap { RelayCloseCode(rawValue: $0) }
            if meaning == .revoked { return self.fail(.revoked(code: RelayCloseCode.revoked.rawValue)) }
            if now - since >= .seconds(5) { self.backoff.reset() }
            let mayHint = meaning == .serviceRestart || meaning == .tryAgainLater
            return self.wait(hint: mayHint ? Self.pause(in: text) : nil, dice: dice)
        }
    }

    /// `connect again in 1200 ms`, in the words of a draining node; nil for what is no time, or none at all.
    static func pause(in text: String) -> TimeAmount? {
        let words = text.split(separator: " ")
        guard let unit = words.lastIndex(of: "ms"), unit > 0, let number = Int64(words[unit - 1]), number > 0 else {
            return nil
        }
        return min(.milliseconds(number), self.longestHint)
    }

    private var isConnecting: Bool { if case .connecting = self.state { true } else { false } }

    private func hasPatience(_ now: NIODeadline) -> Bool {
        self.wasOpen || self.firstTry.map { now - $0 < Self.patience } ?? true
    }

    /// - Parameter hint: when the relay wants the client back. The first time it goes before the back-off; where one failure
    ///   follows another it only lengthens it, so that no relay, and nothing in front of one, makes a client come without a
    ///   pause.
    private mutating func wait(hint: TimeAmount?, dice: Double) -> Action {
        self.state = .waiting
        self.isReplacement = false
        let isFirst = !self.backoff.hasFailed
        let pause = self.backoff.delay(dice: dice)
        guard let hint, hint > .zero else { return .wait(pause) }
        return .wait(min(isFirst ? hint : max(pause, hint), Self.longestHint))
    }

    private mutating func fail(_ failure: Failure) -> Action {
        self.state = .ended
        return .fail(failure)
    }

    /// The command is over.
    mutating func end() {
        self.state = .ended
    }

    // MARK: Liveness

    /// Something came.
    mutating func heard(now: NIODeadline) {
        self.lastHeard = now
        self.pinged = nil
    }

    /// The client stops reading, or reads again.
    mutating func paused(_ isPaused: Bool, now: NIODeadline) {
        guard self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        self.heard(now: now)
    }

    /// Once every `tickInterval`.
    ///
    /// - Parameter wall: the time of day in milliseconds, which goes on while the machine sleeps.
    mutating func tick(now: NIODeadline, wall: Int64) -> Action {
        let slept = self.lastWall.map { abs(wall - $0) > Self.sleepMilliseconds } ?? false
        self.lastWall = wall
        if case .connecting(let since) = self.state, now - since >= Self.handshake { return .drop }
        guard case .open = self.state, !self.isPaused else { return .none }
        if slept {
            self.pinged = now
            return .ping
        }
        if let pinged {
            return now - pinged >= Self.answer ? .drop : .none
        }
        guard now - self.lastHeard >= Self.idle else { return .none }
        self.pinged = now
        return .ping
    }
}
