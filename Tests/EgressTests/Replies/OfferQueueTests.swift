// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// The open questions of a raw socket.
@Suite struct OfferQueueTests {
    private static func offer(_ number: UInt64, deadline: Int64) -> ReplyOffer {
        ReplyOffer(token: ReplyToken(node: NodeID(rawValue: 1), high: 1, low: number), deadline: deadline)
    }

    /// The oldest open question is answered first, each once.
    @Test func oldestFirst() {
        var queue = OfferQueue()
        for number: UInt64 in 1...3 { queue.append(Self.offer(number, deadline: 100)) }
        let taken = (1...4).map { _ in queue.take(now: 99)?.token.low }
        #expect(taken == [1, 2, 3, nil])
    }

    /// One that has expired is passed over, and does not come back.
    @Test func expired() {
        var queue = OfferQueue()
        for (number, deadline): (UInt64, Int64) in [(1, 100), (2, 300), (3, 200)] {
            queue.append(Self.offer(number, deadline: deadline))
        }
        let taken = [queue.take(now: 100)?.token.low, queue.take(now: 200)?.token.low, queue.take(now: 0)?.token.low]
        #expect(taken == [2, nil, nil])
    }

    /// A client that never answers costs no more than the bound; the newest are kept.
    @Test func bounded() {
        var queue = OfferQueue()
        for number in 1...UInt64(OfferQueue.limit) + 5 { queue.append(Self.offer(number, deadline: 100)) }
        #expect(queue.count == OfferQueue.limit)
        let oldest = queue.take(now: 0)
        #expect(oldest?.token.low == 6)
    }
}
