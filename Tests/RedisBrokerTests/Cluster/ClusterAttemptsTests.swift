// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// How often a command is sent again, as scripts.
@Suite struct ClusterAttemptsTests {
    private static let node = ClusterEndpoint(host: "h", port: 1)
    private var random = SystemRandomNumberGenerator()
    private var attempts = ClusterAttempts(now: .ms(0), patience: .milliseconds(1_000))

    private mutating func refused(_ refusal: ClusterRefusal, at time: Int64) -> ClusterAttempts.Action {
        self.attempts.refused(refusal, now: .ms(time), using: &self.random)
    }

    /// Redirections are followed at once, and five of them at most, whatever their kind.
    @Test mutating func redirections() {
        #expect(self.refused(.moved(1, Self.node), at: 0) == .sendToOwner)
        #expect(self.refused(.ask(Self.node), at: 0) == .ask(Self.node))
        for _ in 0..<3 { #expect(self.refused(.moved(1, Self.node), at: 0) == .sendToOwner) }
        #expect(self.refused(.moved(1, Self.node), at: 0) == .giveUp)
    }

    /// What may be served soon is tried again with pauses that grow, until the time of a command is over.
    @Test(arguments: [ClusterRefusal.tryAgain, .down, .away, .unreachable])
    mutating func waits(_ refusal: ClusterRefusal) {
        var time: Int64 = 0
        var count = 0
        while case .wait(let pause) = self.refused(refusal, at: time) {
            #expect(pause > .zero && pause <= .milliseconds(200))
            time += max(pause.nanoseconds / 1_000_000, 1)
            count += 1
            #expect(time <= 1_000)
        }
        #expect(time >= 990)
        #expect((5...30).contains(count))
    }

    /// A slot that is half moved sends a command there and back all the time, which the pauses bound.
    @Test mutating func toAndFro() {
        for time in Int64(0)..<10 {
            #expect(self.refused(.ask(Self.node), at: time * 99) == .ask(Self.node))
            guard case .wait = self.refused(.tryAgain, at: time * 99) else {
                Issue.record("it is given up")
                return
            }
        }
    }

    /// Behind the time even a redirection is not followed.
    @Test mutating func late() {
        #expect(self.refused(.moved(1, Self.node), at: 1_000) == .giveUp)
    }
}
