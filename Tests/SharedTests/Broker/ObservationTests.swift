// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct ObservationTests {
    /// What is written is read; anything else, JSON that would break a stream's lines among it, is none.
    @Test func encoding() {
        for kind in Observation.Kind.allCases {
            let observation = Observation(kind, json: ByteBuffer(string: #"{"größe":"日本"}"#))
            #expect(Observation(encoded: observation.encoded) == observation)
        }
        for text in ["", "refused", "refused\n{\n}", "refused\n{\r}", "other\n{}", "\n{}", "REFUSED\n{}"] {
            #expect(Observation(encoded: ByteBuffer(string: text)) == nil, "\(text)")
        }
        #expect(Observation(encoded: ByteBuffer(string: "refused\n")) != nil)
        let long = ByteBuffer(string: "refused\n" + String(repeating: "x", count: Observation.limit + 17))
        #expect(Observation(encoded: long) == nil)
    }

    /// A channel has its share and no more, gets it again with time, and leaves the others theirs.
    @Test func sharesOfChannels() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var budget = ObservationBudget(now: start)
        let (busy, quiet) = (ChannelID.random(), ChannelID.random())
        func told(on channel: ChannelID, _ count: Int, at time: NIODeadline) -> Int {
            (0..<count).count { _ in budget.take(on: channel, now: time) }
        }
        #expect(told(on: busy, 1_000, at: start) == 100)
        #expect(told(on: quiet, 10, at: start) == 10)
        #expect(told(on: busy, 1_000, at: start + .seconds(1)) == 40)
        // A clock that stands or goes back gives nothing.
        #expect(told(on: busy, 10, at: start) == 0)
    }

    /// The node's own share bounds a flood over many channels, and so does the number of channels that are remembered.
    @Test func shareOfTheNode() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var budget = ObservationBudget(now: start)
        let told = (0..<10_000).count { _ in budget.take(on: .random(), now: start) }
        #expect(told == 400)
        #expect((0..<10_000).count { _ in budget.take(on: .random(), now: start + .seconds(1)) } == 200)
    }

    /// What is reported to nobody is not even made.
    @Test func nobodyLooksOn() {
        let reports = LocalReports()
        reports.report(on: .random()) {
            Issue.record("it was made")
            return Observation(.refused, json: ByteBuffer())
        }
    }
}
