// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import Testing

@testable import Shared

@Suite struct MemoryConsumersTests {
    /// Dead letters that are gone are not remembered one by one, however many there were.
    @Test func forgetsDeadLettersThatAreGone() throws {
        let channel = Fixtures.channel()
        var consumers = MemoryConsumers()
        var log = MemoryLog(head: Position(epoch: Epoch(rawValue: 1), offset: 0))
        let request = GroupRequest(
            group: try #require(ConsumerName("group")),
            limit: 100,
            visibilityMilliseconds: 1,
            attempts: 1
        )
        var given = 0
        for round in 0..<200 {
            for _ in 0..<100 { _ = log.append(Fixtures.event("event"), cost: 1, now: 0) }
            let page = try consumers.take(
                request,
                on: channel,
                from: log,
                notBefore: 0,
                deadLetterLimit: 10,
                now: Int64(round) * 10
            )
            given += page.deadLetters
            while log.retained.count > 200 { _ = log.removeOldest() }
        }
        #expect(given > 10_000)
        #expect(consumers.heldLetters <= 2 * 10 + 1_024 + 100)
        #expect(consumers.deadLetters(of: channel, after: 0, limit: 100, notBefore: 0).count == 10)
        // Those that are there are found, and no others.
        for _ in 0..<10 { #expect(consumers.removeOldestDeadLetter() == true) }
        #expect(consumers.removeOldestDeadLetter() == false)
        #expect(consumers.deadLetterBytes == 0)
    }
}
