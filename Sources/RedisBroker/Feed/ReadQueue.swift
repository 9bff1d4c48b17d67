// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Synchronization

/// Limits concurrent reads of events per Redis; the others wait in order: a page has hundreds of KiB, or an event of
/// any size, and must not starve other commands. Any thread.
///
/// A place is held until the reply has arrived or never will, even if the caller gives up. So a read must not end
/// earlier; its command is `patient`.
final class ReadQueue: Sendable {
    private struct Waiting: Sendable {
        var eventLoop: any EventLoop
        var start: @Sendable (ReadWindow.Place) -> Void
    }

    /// The reads of one Redis. Slow reads of a failed node do not delay those of others.
    private struct Line {
        var window: ReadWindow
        /// Reads with short replies go first: a starting feed is in a hurry, and pages lose little.
        private var short: Deque<Waiting> = []
        private var long: Deque<Waiting> = []

        init(maximum: Int) {
            self.window = ReadWindow(maximum: maximum)
        }

        /// Takes a place for a read, or queues it.
        mutating func add(_ waiting: Waiting, isShort: Bool, now: NIODeadline) -> ReadWindow.Place? {
            if let place = self.window.take(now: now) { return place }
            if isShort { self.short.append(waiting) } else { self.long.append(waiting) }
            return nil
        }

        /// Frees a place, and assigns the free ones to waiting reads.
        mutating func free(
            _ place: ReadWindow.Place,
            isAnswered: Bool,
            now: NIODeadline
        ) -> [(waiting: Waiting, place: ReadWindow.Place)] {
            let isWanted = !self.short.isEmpty || !self.long.isEmpty
            self.window.free(place, isAnswered: isAnswered, isWanted: isWanted, now: now)
            var next: [(waiting: Waiting, place: ReadWindow.Place)] = []
            while !self.short.isEmpty || !self.long.isEmpty, let place = self.window.take(now: now) {
                guard let waiting = self.short.popFirst() ?? self.long.popFirst() else { break }
                next.append((waiting, place))
            }
            return next
        }
    }

    private let concurrency: Int
    /// By Redis node; nil for places whose node is unknown. Only those with a read in flight.
    private let lines = Mutex<[ObjectIdentifier?: Line]>([:])

    /// - Parameter concurrency: the most concurrent reads of one Redis; fewer if they are slow.
    init(concurrency: Int) {
        precondition(concurrency > 0, "reads that never begin")
        self.concurrency = concurrency
    }

    /// Runs a read when it is its turn. The number of waiting reads is bounded by the callers.
    ///
    /// - Parameters:
    ///   - node: where it is read.
    ///   - isShort: whether the answer is short, whatever there is.
    ///   - read: starts the read, on `eventLoop` or, if none is ahead, at once. Its future must complete when the reply
    ///     has arrived or never will.
    /// - Returns: what `read` returns, on `eventLoop`.
    func run<Page: Sendable>(
        at node: RedisNode?,
        isShort: Bool = false,
        on eventLoop: any EventLoop,
        read: @escaping @Sendable () -> EventLoopFuture<Page>
    ) -> EventLoopFuture<Page> {
        let node = node.map { ObjectIdentifier($0) }
        let promise = eventLoop.makePromise(of: Page.self)
        let start = { @Sendable (place: ReadWindow.Place) in
            let page = read()
            page.whenComplete { result in
                let isAnswered = if case .success = result { true } else { false }
                self.ended(place, isAnswered: isAnswered, at: node, now: eventLoop.now)
            }
            page.cascade(to: promise)
        }
        let waiting = Waiting(eventLoop: eventLoop, start: start)
        let now = eventLoop.now
        let place = self.lines.withLock { lines in
            lines[node, default: Line(maximum: self.concurrency)].add(waiting, isShort: isShort, now: now)
        }
        if let place { start(place) }
        return promise.futureResult
    }

    /// A read has ended: others begin in its place.
    private func ended(_ place: ReadWindow.Place, isAnswered: Bool, at node: ObjectIdentifier?, now: NIODeadline) {
        let next = self.lines.withLock { lines in
            let next = lines[node]?.free(place, isAnswered: isAnswered, now: now) ?? []
            if lines[node]?.window.running == 0 { lines[node] = nil }
            return next
        }
        // Asynchronously: without a connection a read fails before it returns, and thousands may wait.
        for (waiting, place) in next { waiting.eventLoop.execute { waiting.start(place) } }
    }
}
