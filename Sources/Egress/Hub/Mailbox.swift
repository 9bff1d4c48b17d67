// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What feeds have posted to a lane, and how far behind the lane is. Shared by all threads, under the lane's lock.
struct Mailbox {
    /// How many events may be undelivered before publishers are asked to wait, each for its own event. Enough that a batch
    /// is worth while.
    private static let pressureMark = 32

    /// What a feed posts.
    struct Mail {
        var group: NIOLoopBound<FeedGroup>
        var content: Content
    }

    enum Content {
        case entry(LogEntry, publisher: Publisher)
        case interruption(UnrecoverableReason, head: Position)
    }

    /// What the publisher of an event waits for.
    enum Publisher {
        case nothing
        /// The event is with all sockets.
        case delivery(EventLoopPromise<Void>)
        /// The lane has taken the event and, where its group is in the middle of a round, it is the publisher's turn.
        case turn(EventLoopPromise<Void>)
    }

    private var mail: [Mail] = []
    /// Posted and not yet with all their sockets.
    private(set) var undelivered = 0
    private var isScheduled = false
    /// Whether some group, whichever, was not through when the lane paused.
    private var isBusy = false

    /// Takes an event.
    ///
    /// - Returns: what its publisher waits for, and whether the lane has to be woken.
    mutating func post(
        _ entry: LogEntry,
        to group: NIOLoopBound<FeedGroup>,
        on eventLoop: any EventLoop
    ) -> (pressure: FeedPressure?, wakes: Bool) {
        let wakes = self.wakesForNext()
        var publisher = Publisher.nothing
        var pressure: FeedPressure?
        if self.undelivered > Self.pressureMark {
            let promise = eventLoop.makePromise(of: Void.self)
            publisher = .delivery(promise)
            pressure = .behind(promise.futureResult)
        } else if self.isBusy {
            let promise = eventLoop.makePromise(of: Void.self)
            publisher = .turn(promise)
            pressure = .busy(promise.futureResult)
        }
        self.mail.append(Mail(group: group, content: .entry(entry, publisher: publisher)))
        return (pressure, wakes)
    }

    /// Takes the news that events were lost.
    ///
    /// - Returns: whether the lane has to be woken.
    mutating func post(_ reason: UnrecoverableReason, head: Position, to group: NIOLoopBound<FeedGroup>) -> Bool {
        self.mail.append(Mail(group: group, content: .interruption(reason, head: head)))
        return self.wakesForNext()
    }

    private mutating func wakesForNext() -> Bool {
        self.undelivered += 1
        defer { self.isScheduled = true }
        return !self.isScheduled
    }

    /// All that was posted since the last time.
    mutating func take() -> [Mail] {
        defer { self.mail = [] }
        return self.mail
    }

    /// The lane pauses.
    ///
    /// - Parameters:
    ///   - delivered: how much of what was posted is with all sockets now.
    ///   - isBusy: whether some group is not through that takes longer.
    ///   - isDone: whether nothing is left of what was taken.
    /// - Returns: whether the lane is to go on by itself.
    mutating func pause(delivered: Int, isBusy: Bool, isDone: Bool) -> Bool {
        self.undelivered -= delivered
        self.isBusy = isBusy
        self.isScheduled = !isDone || !self.mail.isEmpty
        return self.isScheduled
    }
}
