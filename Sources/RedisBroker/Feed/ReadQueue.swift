// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Synchronization

/// Has a number of reads of events under way at each Redis, and the others wait in their order: a page has hundreds of
/// KiB, or an event of any size, and Redis and its connections have other work. Any thread.
final class ReadQueue: Sendable {
    private struct Waiting: Sendable {
        var eventLoop: any EventLoop
        var start: @Sendable () -> Void
    }

    /// The reads of one Redis. Those of a node that has failed take their time, and nobody else waits for them.
    private struct Line {
        var running = 0
        var waiting: Deque<Waiting> = []
    }

    private let concurrency: Int
    /// By the node of Redis; nil for places of which it is not known. Only those where a read is under way.
    private let lines = Mutex<[ObjectIdentifier?: Line]>([:])

    /// - Parameter concurrency: how many reads of one Redis are under way at a time.
    init(concurrency: Int) {
        precondition(concurrency > 0, "reads that never begin")
        self.concurrency = concurrency
    }

    /// Reads when it is its turn. Those who wait are bounded by who asks.
    ///
    /// - Parameters:
    ///   - node: where it is read.
    ///   - read: begins to read, on `eventLoop` or, where nobody is ahead, at once.
    /// - Returns: what `read` returns, on `eventLoop`.
    func run<Page: Sendable>(
        at node: RedisNode?,
        on eventLoop: any EventLoop,
        read: @escaping @Sendable () -> EventLoopFuture<Page>
    ) -> EventLoopFuture<Page> {
        let node = node.map { ObjectIdentifier($0) }
        let promise = eventLoop.makePromise(of: Page.self)
        let start = { @Sendable in
            let page = read()
            page.whenComplete { _ in self.ended(at: node) }
            page.cascade(to: promise)
        }
        let isFree = self.lines.withLock { lines in
            guard lines[node, default: Line()].running < self.concurrency else {
                lines[node]?.waiting.append(Waiting(eventLoop: eventLoop, start: start))
                return false
            }
            lines[node, default: Line()].running += 1
            return true
        }
        if isFree { start() }
        return promise.futureResult
    }

    /// A read has ended: another one begins in its place.
    private func ended(at node: ObjectIdentifier?) {
        let next = self.lines.withLock { lines in
            let next = lines[node]?.waiting.popFirst()
            if next == nil {
                lines[node]?.running -= 1
                if lines[node]?.running == 0 { lines[node] = nil }
            }
            return next
        }
        // Not at once: where there is no connection a read fails before it returns, and thousands may wait.
        if let next { next.eventLoop.execute { next.start() } }
    }
}
