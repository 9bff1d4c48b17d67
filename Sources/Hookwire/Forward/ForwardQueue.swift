// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// The received and unfinished events, in log order: which goes to the local server next, and up to where to
/// acknowledge to the relay. No IO and no clock of its own.
///
/// Events start in order, with limited concurrency; with a concurrency of one each is finished before the next one
/// starts. One that could not be delivered keeps its place. An event is acknowledged only when all before it are
/// finished, since the relay keeps one position.
struct ForwardQueue {
    /// How many events, and bytes of them, are held before the client stops reading.
    static let countLimit = 512
    static let byteLimit = 8 << 20

    /// Why an attempt brought no answer.
    enum Miss: Equatable {
        /// The server was not there: the event has not reached it, and waits until it is.
        case away
        /// The server was reachable and did not answer: it may have received the event.
        case unanswered
    }

    enum Outcome: Equatable {
        /// It is tried again after the pause.
        case retry(TimeAmount)
        /// It is out of attempts, and skipped.
        case givenUp
    }

    private struct Entry {
        let event: ReceivedEvent
        var attempts = 0
        var state = State.waiting
    }

    private enum State {
        case waiting
        case underWay
        case done
    }

    private let concurrency: Int
    private let attemptLimit: Int
    private var entries: Deque<Entry> = []
    private var underWay = 0
    private var bytes = 0
    private var backoff = Backoff(first: .milliseconds(250), cap: .seconds(5))
    /// Until when nothing is started, for the server is not there.
    private var pausedUntil: NIODeadline?
    private var isHeld = false

    /// - Parameters:
    ///   - concurrency: how many events are with the server at once.
    ///   - attempts: how often an event is sent to a server that takes it and does not answer.
    init(concurrency: Int, attempts: Int) {
        precondition(concurrency > 0 && attempts > 0)
        self.concurrency = concurrency
        self.attemptLimit = attempts
    }

    /// How many events are not done with.
    var count: Int { self.entries.count }

    /// Whether the client ought to read: not when full, and then not before half of it is free again.
    mutating func hasRoom() -> Bool {
        let share = self.isHeld ? 2 : 1
        self.isHeld = self.entries.count >= Self.countLimit / share || self.bytes >= Self.byteLimit / share
        return !self.isHeld
    }

    /// An event was received.
    mutating func add(_ event: ReceivedEvent) {
        self.entries.append(Entry(event: event))
        self.bytes += event.frame.readableBytes
    }

    /// The next event for the server, and which attempt it is; nil where none may start now.
    mutating func next(now: NIODeadline) -> (event: ReceivedEvent, attempt: Int)? {
        if let pausedUntil {
            // One event finds out whether the server is back.
            guard now >= pausedUntil, self.underWay == 0 else { return nil }
        }
        guard self.underWay < self.concurrency,
            let index = self.entries.firstIndex(where: { $0.state == .waiting })
        else { return nil }
        self.entries[index].state = .underWay
        self.entries[index].attempts += 1
        self.underWay += 1
        return (self.entries[index].event, self.entries[index].attempts)
    }

    /// The server has answered, whatever it said.
    ///
    /// - Returns: up to where everything is done, if that has moved.
    mutating func answered(_ position: Position) -> Position? {
        self.backoff.reset()
        self.pausedUntil = nil
        return self.finish(position)
    }

    /// The server has not answered.
    ///
    /// - Parameter dice: from 0 to 1.
    mutating func missed(_ position: Position, _ miss: Miss, now: NIODeadline, dice: Double) -> Outcome {
        guard let index = self.index(of: position) else { return .givenUp }
        if miss == .unanswered, self.entries[index].attempts >= self.attemptLimit { return .givenUp }
        // Being away costs the event nothing.
        if miss == .away { self.entries[index].attempts -= 1 }
        self.entries[index].state = .waiting
        self.underWay -= 1
        if let pausedUntil, pausedUntil > now { return .retry(pausedUntil - now) }
        let pause = self.backoff.delay(dice: dice)
        self.pausedUntil = now + pause
        return .retry(pause)
    }

    /// An event that was given up is done with, too. The server is not back for that: the next one takes its time as well,
    /// so that an application that starts for a minute, behind a proxy that takes connections at once, does not cost them all.
    ///
    /// - Returns: up to where everything is done, if that has moved, and the pause before the next attempt.
    mutating func giveUp(
        _ position: Position,
        now: NIODeadline,
        dice: Double
    ) -> (done: Position?, pause: TimeAmount) {
        let pause = self.backoff.delay(dice: dice)
        self.pausedUntil = now + pause
        return (self.finish(position), pause)
    }

    private mutating func finish(_ position: Position) -> Position? {
        guard let index = self.index(of: position) else { return nil }
        self.entries[index].state = .done
        self.underWay -= 1
        var moved: Position?
        while let first = self.entries.first, first.state == .done {
            self.entries.removeFirst()
            self.bytes -= first.event.frame.readableBytes
            moved = first.event.position
        }
        return moved
    }

    private func index(of position: Position) -> Int? {
        self.entries.firstIndex { $0.state == .underWay && $0.event.position == position }
    }
}
