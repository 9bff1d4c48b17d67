// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
package import NIOCore

/// Shares an event loop between those who need more time than its other connections should wait: they take turns, and
/// in between the loop polls its connections.
///
/// A loop runs every task that is due, including those that become due meanwhile, before it polls. Two connections that
/// each continue on a timer of their own therefore starve all others: during the turn of one the timer of the other
/// expires. So everything on a loop shares a single timer, which is set after a slice of turns.
///
/// Confined to one event loop.
package final class LoopTurns {
    /// How long turns are given before the loop polls; the last one may exceed it.
    package static let duration = TimeAmount.microseconds(130)
    /// How long the loop is yielded before the next turns. It takes a timer: a task resubmitted with `execute` would
    /// starve the connections, and so would a timer that expires before the loop looks at its tasks again, as one of
    /// 2 µs always does, and one of 10 µs often in a build without optimisation.
    package static let yieldTime = TimeAmount.microseconds(20)
    /// The same where nobody waits for a turn: what the loop does itself is worth more than a poll now and then.
    private static let promptYieldTime = TimeAmount.microseconds(10)

    private let yieldTime: TimeAmount?
    private let clock: (() -> NIODeadline)?
    /// Those who continue after the next poll.
    private var prompt: [() -> Void] = []
    /// Those who wait for their turn, first in first out.
    private var waiting: Deque<() -> Void> = []
    private var isTimerSet = false

    /// - Parameters:
    ///   - yieldTime: how long the loop is yielded; by default a few microseconds.
    ///   - clock: monotonic; by default the loop's own.
    package init(yieldTime: TimeAmount? = nil, clock: (() -> NIODeadline)? = nil) {
        self.yieldTime = yieldTime
        self.clock = clock
    }

    /// Queues a turn behind those that wait already. On the loop.
    ///
    /// - Parameter turn: called once, on the loop; has to return after a bounded time.
    package func wait(on eventLoop: any EventLoop, _ turn: @escaping () -> Void) {
        self.waiting.append(turn)
        self.setTimer(on: eventLoop)
    }

    /// Continues after the next poll, however many wait for their turn: for the few tasks of the loop itself, and never
    /// for one that every connection may have. On the loop.
    ///
    /// - Parameter turn: called once, on the loop; has to return after a bounded time.
    package func continueAfterPoll(on eventLoop: any EventLoop, _ turn: @escaping () -> Void) {
        self.prompt.append(turn)
        self.setTimer(on: eventLoop)
    }

    private func setTimer(on eventLoop: any EventLoop) {
        guard !self.isTimerSet else { return }
        self.isTimerSet = true
        let loop = eventLoop.assumeIsolated()
        // After the tasks that are due already: a timer set before, say, the answers to publishers are written would
        // have expired after them, and the loop would not poll in between.
        loop.execute {
            let time = self.yieldTime ?? (self.waiting.isEmpty ? Self.promptYieldTime : Self.yieldTime)
            loop.scheduleTask(in: time) { self.giveTurns(on: eventLoop) }
        }
    }

    private func giveTurns(on eventLoop: any EventLoop) {
        self.isTimerSet = false
        let prompt = self.prompt
        self.prompt = []
        for turn in prompt { turn() }
        // Whoever queues again meanwhile gets its next turn after a poll.
        var left = self.waiting.count
        guard left > 0 else { return }
        let end = self.now(of: eventLoop) + Self.duration
        repeat {
            guard let turn = self.waiting.popFirst() else { break }
            turn()
            left -= 1
        } while left > 0 && self.now(of: eventLoop) < end
        if !self.waiting.isEmpty { self.setTimer(on: eventLoop) }
    }

    private func now(of eventLoop: any EventLoop) -> NIODeadline {
        self.clock?() ?? eventLoop.now
    }
}

@available(*, unavailable)
extension LoopTurns: Sendable {}
