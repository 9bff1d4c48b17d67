// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct RequestTurnTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000)

    /// Quick requests end a turn by their number.
    @Test func number() {
        var turn = RequestTurn()
        for _ in 1...RequestTurn.limit {
            #expect(!turn.isOver)
            turn.serve(now: self.start)
        }
        #expect(turn.isOver)
    }

    /// Slow ones end it by their time, and the first needs no clock.
    @Test func time() {
        var turn = RequestTurn()
        var looks = 0
        func now() -> NIODeadline {
            looks += 1
            return self.start + RequestTurn.duration * looks
        }
        turn.serve(now: now())
        #expect(looks == 0)
        turn.serve(now: now())
        #expect(!turn.isOver)
        turn.serve(now: now())
        #expect(turn.isOver)
    }

    /// The time in which a connection waits for an answer does not count.
    @Test func waiting() {
        var turn = RequestTurn()
        for second in 0..<5 {
            turn.serve(now: self.start + .seconds(Int64(second)))
            turn.resume()
        }
        #expect(!turn.isOver)
    }
}
