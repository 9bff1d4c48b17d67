// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

/// Places that are taken and given back.
@Suite struct SeatTests {
    /// No more are taken than there are, each is given back once, and letting go gives back.
    @Test func once() {
        let seats = LocalSeats<String>()
        var taken = (0..<3).compactMap { _ in seats.take("a", limit: 3) }
        #expect(taken.count == 3)
        #expect(seats.take("a", limit: 3) == nil)
        #expect(seats.take("b", limit: 1) != nil)
        taken[0].giveBack()
        taken[0].giveBack()
        #expect(seats.count(of: "a") == 2)
        taken.removeAll()
        #expect(seats.count(of: "a") == 0)
        #expect(seats.count(of: "b") == 0)
    }
}
