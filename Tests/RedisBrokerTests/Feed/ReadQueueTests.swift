// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Synchronization
import Testing

@testable import RedisBroker

/// Who reads when.
@Suite struct ReadQueueTests {
    /// The numbers of the reads that have begun.
    private final class Begun: Sendable {
        private let state = Mutex<[Int]>([])

        var numbers: [Int] { self.state.withLock { $0 } }

        func add(_ number: Int) { self.state.withLock { $0.append(number) } }
    }

    /// So many are under way, and the others begin in their order, each when one has ended, however it did.
    @Test func turns() throws {
        let eventLoop = EmbeddedEventLoop()
        let queue = ReadQueue(concurrency: 2)
        let begun = Begun()
        let pages = (0..<5).map { _ in eventLoop.makePromise(of: Int.self) }
        func read(_ number: Int) -> EventLoopFuture<Int> {
            let page = pages[number].futureResult
            return queue.run(at: nil, on: eventLoop) {
                begun.add(number)
                return page
            }
        }
        let futures = (0..<4).map { read($0) }
        #expect(begun.numbers == [0, 1])
        pages[1].fail(BrokerError.unavailable)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2])
        pages[0].succeed(0)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2, 3])
        #expect(try futures[0].wait() == 0)
        #expect(throws: BrokerError.unavailable) { try futures[1].wait() }
        pages[2].succeed(2)
        pages[3].succeed(3)
        eventLoop.run()
        #expect(try futures[3].wait() == 3)
        // Where nobody is ahead it begins at once.
        let last = read(4)
        #expect(begun.numbers == [0, 1, 2, 3, 4])
        pages[4].succeed(4)
        #expect(try last.wait() == 4)
    }

    /// Those whose answers are short go before pages, in their order; and slow answers leave fewer places.
    @Test func shortAndSlow() throws {
        let eventLoop = EmbeddedEventLoop()
        let queue = ReadQueue(concurrency: 3)
        let begun = Begun()
        let pages = (0..<8).map { _ in eventLoop.makePromise(of: Int.self) }
        for number in 0..<8 {
            let page = pages[number].futureResult
            // The last two are short.
            _ = queue.run(at: nil, isShort: number >= 6, on: eventLoop) {
                begun.add(number)
                return page
            }
        }
        #expect(begun.numbers == [0, 1, 2])
        pages[0].succeed(0)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2, 6])
        pages[6].succeed(6)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2, 6, 7])
        // The second of three, in two seconds: one each second.
        eventLoop.advanceTime(by: .seconds(2))
        pages[1].succeed(1)
        pages[2].succeed(2)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2, 6, 7])
        pages[7].succeed(7)
        eventLoop.run()
        #expect(begun.numbers == [0, 1, 2, 6, 7, 3])
        for page in pages[3...5] {
            page.succeed(0)
            eventLoop.run()
        }
        #expect(begun.numbers == [0, 1, 2, 6, 7, 3, 4, 5])
    }
}
