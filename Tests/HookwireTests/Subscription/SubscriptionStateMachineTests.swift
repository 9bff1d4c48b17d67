// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

/// When a subscription connects, when its connection counts as dead, and what is new on it.
@Suite struct SubscriptionStateMachineTests {
    private var machine = SubscriptionStateMachine()

    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1) + .seconds(seconds) }

    private static func refusal(
        _ status: Int,
        isRelays: Bool = true,
        retryAfter: TimeAmount? = nil
    ) -> HandshakeRefusal {
        HandshakeRefusal(status: status, detail: "d", reason: isRelays ? "r" : nil, retryAfter: retryAfter)
    }

    private mutating func open(at seconds: Int64 = 0) {
        #expect(self.machine.connect(now: Self.at(seconds)) == .connect)
        self.machine.opened(now: Self.at(seconds))
        #expect(self.machine.tick(now: Self.at(seconds), wall: seconds * 1_000) == .none)
    }

    /// Failures wait longer each time, up to a bound, and never less than half of it.
    @Test mutating func backoff() {
        self.open()
        var pauses: [TimeAmount] = []
        for number in 0..<8 {
            let action =
                number == 0
                ? self.machine.lost(code: nil, text: "", now: Self.at(1), dice: 1)
                : self.machine.lost(code: nil, text: "", now: Self.at(1), dice: 1)
            guard case .wait(let pause) = action else {
                Issue.record("it waits")
                return
            }
            pauses.append(pause)
            #expect(self.machine.connect(now: Self.at(1)) == .connect)
        }
        #expect(pauses.prefix(3) == [.milliseconds(500), .seconds(1), .seconds(2)])
        #expect(pauses.last == .seconds(15))
        #expect(self.machine.lost(code: nil, text: "", now: Self.at(1), dice: 0) == .wait(.milliseconds(7_500)))
    }

    /// A connection that held begins anew with the shortest wait.
    @Test mutating func backoffBeginsAnew() {
        for _ in 0..<4 {
            #expect(self.machine.connect(now: Self.at(0)) == .connect)
            _ = self.machine.lost(code: nil, text: "", now: Self.at(0), dice: 1)
        }
        #expect(self.machine.connect(now: Self.at(1)) == .connect)
        self.machine.opened(now: Self.at(1))
        #expect(self.machine.lost(code: 1006, text: "", now: Self.at(60), dice: 1) == .wait(.milliseconds(500)))
    }

    /// A node that drains says when to come back, and is heard; what cannot be read is not.
    @Test mutating func hints() {
        let text = "this node is draining; connect again in 1234 ms"
        #expect(SubscriptionStateMachine.pause(in: text) == .milliseconds(1_234))
        #expect(SubscriptionStateMachine.pause(in: "ms") == nil)
        #expect(SubscriptionStateMachine.pause(in: "in -5 ms") == nil)
        #expect(SubscriptionStateMachine.pause(in: "in 99999999999 ms") == .minutes(5))
        self.open()
        #expect(self.machine.lost(code: 1012, text: text, now: Self.at(1), dice: 1) == .wait(.milliseconds(1_234)))
        #expect(self.machine.connect(now: Self.at(2)) == .connect)
        #expect(
            self.machine.refused(Self.refusal(503, retryAfter: .seconds(7)), now: Self.at(2), dice: 1)
                == .wait(.seconds(7))
        )
    }

    /// No hint makes a client come without a pause: none is no hint, and of several that follow each other each only
    /// lengthens the wait, which grows.
    @Test mutating func hintsWithoutAPause() {
        #expect(SubscriptionStateMachine.pause(in: "connect again in 0 ms") == nil)
        for hint in [TimeAmount.zero, .seconds(-5), .milliseconds(1)] {
            self.machine = SubscriptionStateMachine()
            self.open()
            _ = self.machine.lost(code: nil, text: "", now: Self.at(1), dice: 1)
            for pause in [TimeAmount.seconds(1), .seconds(2), .seconds(4)] {
                #expect(self.machine.connect(now: Self.at(1)) == .connect)
                let refusal = Self.refusal(503, retryAfter: hint)
                let action = self.machine.refused(refusal, now: Self.at(1), dice: 1)
                #expect(action == .wait(pause))
            }
        }
        self.machine = SubscriptionStateMachine()
        for pause in [TimeAmount.milliseconds(500), .seconds(1), .seconds(2)] {
            self.open()
            let text = "connect again in 0 ms"
            #expect(self.machine.lost(code: 1012, text: text, now: Self.at(0), dice: 1) == .wait(pause))
        }
    }

    /// A node that drains is heard where it is the first failure; those that follow it wait longer each time.
    @Test mutating func hintsOfSeveralNodes() {
        let text = "connect again in 100 ms"
        for pause in [TimeAmount.milliseconds(100), .seconds(1), .seconds(2)] {
            self.open()
            #expect(self.machine.lost(code: 1012, text: text, now: Self.at(0), dice: 1) == .wait(pause))
        }
        // One that held begins anew.
        self.open(at: 4)
        #expect(self.machine.lost(code: 1013, text: text, now: Self.at(9), dice: 1) == .wait(.milliseconds(100)))
    }

    /// A relay that never answered is given up after a while; one that did is tried for ever.
    @Test mutating func patience() {
        #expect(self.machine.connect(now: Self.at(0)) == .connect)
        #expect(self.machine.lost(code: nil, text: "x", now: Self.at(9), dice: 1) != .fail(.unreachable(detail: "x")))
        #expect(self.machine.connect(now: Self.at(10)) == .connect)
        #expect(self.machine.lost(code: nil, text: "x", now: Self.at(10), dice: 1) == .fail(.unreachable(detail: "x")))
        #expect(self.machine.connect(now: Self.at(11)) == .none)

        self.machine = SubscriptionStateMachine()
        self.open()
        _ = self.machine.lost(code: nil, text: "", now: Self.at(1), dice: 1)
        #expect(self.machine.connect(now: Self.at(9_999)) == .connect)
        guard case .wait = self.machine.lost(code: nil, text: "", now: Self.at(9_999), dice: 1) else {
            Issue.record("it waits")
            return
        }
    }

    /// A refusal that will not pass is final, and one that may is tried again. Where the relay was there before, only the
    /// relay itself can refuse.
    @Test(arguments: [
        (401, true, true, true), (400, true, true, true), (403, true, true, true), (409, true, true, true),
        (410, true, true, true), (401, false, true, false), (403, false, true, false), (404, true, true, false),
        (503, true, false, false), (429, true, false, false), (200, false, true, false), (302, false, true, false),
        (511, false, false, false), (0, false, true, false),
    ])
    func refusals(status: Int, isRelays: Bool, failsAtFirst: Bool, failsLater: Bool) {
        let refusal = Self.refusal(status, isRelays: isRelays)
        for (wasOpen, fails) in [(false, failsAtFirst), (true, failsLater)] {
            var machine = SubscriptionStateMachine()
            _ = machine.connect(now: Self.at(0))
            if wasOpen {
                machine.opened(now: Self.at(0))
                _ = machine.lost(code: nil, text: "", now: Self.at(0), dice: 1)
                _ = machine.connect(now: Self.at(1))
            }
            let action = machine.refused(refusal, now: Self.at(1), dice: 1)
            #expect((action == .fail(.refused(refusal))) == fails)
        }
    }

    /// Who was let in by what is revoked now stays away; other ends are no reason to.
    @Test(arguments: [(4001, true), (4000, false), (4004, false), (1008, false), (1012, false)])
    func revoked(code: Int, isFinal: Bool) {
        var machine = SubscriptionStateMachine()
        _ = machine.connect(now: Self.at(0))
        machine.opened(now: Self.at(0))
        let action = machine.lost(code: code, text: "revoked", now: Self.at(1), dice: 1)
        let next = machine.connect(now: Self.at(99))
        #expect((action == .fail(.revoked(code: 4_001))) == isFinal)
        #expect((next == .none) == isFinal)
    }

    /// A relay that has not known for a minute what it let the client in by means it; what comes in between and is no
    /// more than a ban does not count, and anything else begins anew.
    @Test(arguments: [(429, true), (503, false), (404, false), (nil, false)] as [(Int?, Bool)])
    func unknown(between status: Int?, goesOn: Bool) {
        var machine = SubscriptionStateMachine()
        let unknown = HandshakeRefusal(status: 404, detail: "d", reason: "not_found")
        _ = machine.connect(now: Self.at(0))
        machine.opened(now: Self.at(0))
        _ = machine.lost(code: nil, text: "", now: Self.at(1), dice: 1)
        func isLast(_ refusal: HandshakeRefusal?, at seconds: Int64) -> Bool {
            _ = machine.connect(now: Self.at(seconds))
            guard let refusal else {
                return machine.lost(code: nil, text: "", now: Self.at(seconds), dice: 1)
                    == .fail(.unreachable(detail: ""))
            }
            return machine.refused(refusal, now: Self.at(seconds), dice: 1) == .fail(.revoked(code: 404))
        }
        #expect(!isLast(unknown, at: 2))
        #expect(!isLast(unknown, at: 61))
        #expect(!isLast(status.map { Self.refusal($0) }, at: 61))
        #expect(isLast(unknown, at: 62) == goesOn)
        guard !goesOn else { return }
        #expect(!isLast(unknown, at: 121))
        _ = machine.connect(now: Self.at(122))
        machine.opened(now: Self.at(122))
        _ = machine.lost(code: nil, text: "", now: Self.at(122), dice: 1)
        #expect(!isLast(unknown, at: 123))
        #expect(!isLast(unknown, at: 182))
        #expect(isLast(unknown, at: 183))
    }

    /// A relay that has never taken the client, and wants it back later than anybody waits for it, has refused it; one
    /// that did is waited for.
    @Test mutating func hintsBeyondPatience() {
        #expect(self.machine.connect(now: Self.at(0)) == .connect)
        let short = Self.refusal(429, retryAfter: .seconds(9))
        #expect(self.machine.refused(short, now: Self.at(0), dice: 1) == .wait(.seconds(9)))
        #expect(self.machine.connect(now: Self.at(9)) == .connect)
        let beyond = Self.refusal(429, retryAfter: .seconds(1))
        #expect(self.machine.refused(beyond, now: Self.at(9), dice: 1) == .fail(.refused(beyond)))
        self.machine = SubscriptionStateMachine()
        self.open()
        _ = self.machine.lost(code: nil, text: "", now: Self.at(9), dice: 1)
        #expect(self.machine.connect(now: Self.at(9)) == .connect)
        let long = Self.refusal(429, retryAfter: .seconds(300))
        #expect(self.machine.refused(long, now: Self.at(9), dice: 1) == .wait(.seconds(300)))
    }

    /// Silence is followed by a ping, and that by the end; any byte in between saves the connection.
    @Test mutating func silence() {
        self.open()
        for second in 1..<10 {
            #expect(self.machine.tick(now: Self.at(Int64(second)), wall: Int64(second) * 1_000) == .none)
        }
        #expect(self.machine.tick(now: Self.at(10), wall: 10_000) == .ping)
        #expect(self.machine.tick(now: Self.at(11), wall: 11_000) == .none)
        self.machine.heard(now: Self.at(12))
        for second in 12..<22 {
            #expect(self.machine.tick(now: Self.at(Int64(second)), wall: Int64(second) * 1_000) == .none)
        }
        #expect(self.machine.tick(now: Self.at(22), wall: 22_000) == .ping)
        for second in 23..<27 {
            #expect(self.machine.tick(now: Self.at(Int64(second)), wall: Int64(second) * 1_000) == .none)
        }
        #expect(self.machine.tick(now: Self.at(27), wall: 27_000) == .drop)
    }

    /// A handshake that is never answered ends, too.
    @Test mutating func handshake() {
        #expect(self.machine.connect(now: Self.at(0)) == .connect)
        #expect(self.machine.tick(now: Self.at(14), wall: 14_000) == .none)
        #expect(self.machine.tick(now: Self.at(15), wall: 15_000) == .drop)
    }

    /// A machine that slept asks at once: its monotonic clock may have stood still.
    @Test mutating func sleep() {
        self.open()
        #expect(self.machine.tick(now: Self.at(1), wall: 1_000) == .none)
        #expect(self.machine.tick(now: Self.at(2), wall: 3_600_000) == .ping)
        #expect(self.machine.tick(now: Self.at(6), wall: 3_604_000) == .none)
        #expect(self.machine.tick(now: Self.at(7), wall: 3_605_000) == .drop)
    }

    /// Who does not read cannot hear: silence says nothing then, and begins anew when it reads again.
    @Test mutating func pause() {
        self.open()
        self.machine.paused(true, now: Self.at(1))
        for second in 1..<100 {
            #expect(self.machine.tick(now: Self.at(Int64(second)), wall: Int64(second) * 1_000) == .none)
        }
        self.machine.paused(false, now: Self.at(100))
        #expect(self.machine.tick(now: Self.at(100), wall: 100_000) == .none)
        for second in 101..<110 {
            #expect(self.machine.tick(now: Self.at(Int64(second)), wall: Int64(second) * 1_000) == .none)
        }
        #expect(self.machine.tick(now: Self.at(110), wall: 110_000) == .ping)
    }

    /// Another connection takes the place of an open one without a wait, and only of an open one.
    @Test mutating func replaced() {
        #expect(self.machine.replace(now: Self.at(0), dice: 1) == .none)
        self.open()
        #expect(self.machine.replace(now: Self.at(1), dice: 1) == .connect)
        #expect(self.machine.replace(now: Self.at(1), dice: 1) == .none)
        #expect(self.machine.lost(code: nil, text: "", now: Self.at(2), dice: 1) == .wait(.milliseconds(500)))
    }

    /// One that has taken another's place itself makes room for the next after a wait, which grows.
    @Test mutating func replacedAgain() {
        for pause in [TimeAmount.milliseconds(500), .seconds(1), .seconds(2)] {
            self.open()
            #expect(self.machine.replace(now: Self.at(0), dice: 1) == .connect)
            self.machine.opened(now: Self.at(0))
            #expect(self.machine.replace(now: Self.at(0), dice: 1) == .wait(pause))
        }
    }
}
