// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// Heartbeats as scripts, with a clock in seconds.
@Suite struct WebSocketLivenessTests {
    private var machine = WebSocketStateMachine(configuration: WebSocketConfiguration())

    private mutating func beat(
        _ heartbeat: Heartbeat,
        at second: Int64,
        backlog: Int = 0,
        isReading: Bool = true
    ) -> WebSocketStateMachine.HeartbeatAction {
        let now = NIODeadline.uptimeNanoseconds(0) + .seconds(1000 + second)
        return machine.heartbeatDue(heartbeat, now: now, backlog: backlog, isReading: isReading)
    }

    private let dead = WebSocketStateMachine.HeartbeatAction.startClosing(
        .init(frame: .init(code: .internalError, reason: "no answer to a ping"), reason: .noAnswer)
    )

    /// A peer that answers is pinged once a period, for ever.
    @Test mutating func pingsAPeerThatAnswers() {
        for period: Int64 in 0..<5 {
            #expect(self.beat(.ping, at: period * 25) == .sendPing)
            machine.bytesReceived()
            #expect(self.beat(.answer, at: period * 25 + 11) == .none)
        }
    }

    /// Nothing at all within the time of a ping: dead, and dropped as soon as the close frame is out.
    @Test mutating func endsAPeerThatDoesNotAnswer() {
        #expect(self.beat(.ping, at: 0) == .sendPing)
        #expect(self.beat(.answer, at: 9) == .none)
        #expect(self.beat(.answer, at: 10) == self.dead)
        #expect(machine.closeFrameWritten() == .drop)
    }

    /// A visit for the answer before any ping, or a late one after it, ends nobody.
    @Test mutating func needsAPing() {
        #expect(self.beat(.answer, at: 100) == .none)
        #expect(self.beat(.ping, at: 114) == .sendPing)
        // A loop that was held up makes both visits at once.
        #expect(self.beat(.answer, at: 114) == .none)
    }

    /// No second ping while the first waits for its answer: it would set the clock back.
    @Test mutating func doesNotPingTwice() {
        #expect(self.beat(.ping, at: 0) == .sendPing)
        #expect(self.beat(.ping, at: 8) == .none)
        #expect(self.beat(.answer, at: 11) == self.dead)
    }

    /// A peer that takes what is queued for it lives, though its pong is behind the queue.
    @Test mutating func aQueueThatMovesIsAnAnswer() {
        #expect(self.beat(.ping, at: 0, backlog: 500_000) == .sendPing)
        #expect(machine.sendRequested(bytes: 100_000, backlog: 500_000) == .write)
        #expect(self.beat(.answer, at: 11, backlog: 599_999, isReading: false) == .none)
        #expect(self.beat(.ping, at: 25, backlog: 400_000) == .sendPing)
        #expect(self.beat(.answer, at: 36, backlog: 0) == .none)
    }

    /// A queue that stands still, or only grows, is no answer.
    @Test mutating func aQueueThatStandsIsNone() {
        #expect(self.beat(.ping, at: 0, backlog: 500_000) == .sendPing)
        #expect(machine.sendRequested(bytes: 100_000, backlog: 500_000) == .write)
        #expect(self.beat(.answer, at: 11, backlog: 600_000) == self.dead)
    }

    /// The queue of a peer that had none proves nothing: the kernel takes bytes for a dead peer too.
    @Test mutating func anEmptyQueueProvesNothing() {
        #expect(self.beat(.ping, at: 0, backlog: 0) == .sendPing)
        #expect(machine.sendRequested(bytes: 100_000, backlog: 0) == .write)
        #expect(self.beat(.answer, at: 11, backlog: 0) == self.dead)
    }

    /// With reading paused the answer may be unread: one read, then the verdict at the next visit.
    @Test mutating func readsBeforeTheVerdict() {
        #expect(self.beat(.ping, at: 0) == .sendPing)
        #expect(self.beat(.answer, at: 11, isReading: false) == .read)
        #expect(self.beat(.ping, at: 25, isReading: false) == .none)
        #expect(self.beat(.answer, at: 36, isReading: false) == self.dead)
    }

    /// The answer that the read found counts.
    @Test mutating func readingFindsTheAnswer() {
        #expect(self.beat(.ping, at: 0) == .sendPing)
        #expect(self.beat(.answer, at: 11, isReading: false) == .read)
        machine.bytesReceived()
        #expect(self.beat(.ping, at: 25) == .sendPing)
        #expect(self.beat(.answer, at: 36, isReading: false) == .read)
    }
}
