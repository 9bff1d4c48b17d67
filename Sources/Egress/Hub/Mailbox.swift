// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The events that feeds have posted to a lane, and how far behind the lane is. Guarded by the lane's lock.
struct Mailbox {
    /// How many events may be undelivered before publishers must wait, each for its own event. Enough for batching to
    /// pay off.
    private static let pressureMark = 32

    /// What a feed posts.
    struct Mail {
        var group: NIOLoopBound<ChannelFanOut>
        var content: Content
    }

    enum Content {
        case entry(LogEntry, publisher: Publisher)
        case interruption(UnrecoverableReason, head: Position)
    }

    /// The publisher of an event, by what it waits for.
    enum Publisher {
        case nothing
        /// Every socket has the event.
        case delivery(EventLoopPromise<Void>)
        /// The lane has taken the event and, if its group is in the middle of a round, the publisher's turn has come.
        case turn(EventLoopPromise<Void>)
    }

    private var mail: [Mail] = []
    /// Events posted that have not reached all their sockets.
    private(set) var undelivered = 0
    private var isScheduled = false
    /// Whether any group was unfinished when the lane paused.
    private var isBusy = false

    /// Adds an event.
    ///
    /// - Returns: what its publisher waits for, and whether to wake the lane.
    mutating func post(
        _ entry: LogEntry,
        to group: NIOLoopBound<ChannelFanOut>,
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

    /// Adds a loss notice.
    ///
    /// - Returns: whether to wake the lane.
    mutating func post(_ reason: UnrecoverableReason, head: Position, to group: NIOLoopBound<ChannelFanOut>) -> Bool {
        self.mail.append(Mail(group: group, content: .interruption(reason, head: head)))
        return self.wakesForNext()
    }

    private mutating func wakesForNext() -> Bool {
        self.undelivered += 1
        defer { self.isScheduled = true }
        return !self.isScheduled
    }

    /// Takes everything posted since the last call.
    mutating func take() -> [Mail] {
        defer { self.mail = [] }
        return self.mail
    }

    /// The lane pauses.
    ///
    /// - Parameters:
    ///   - delivered: how many posted events have now reached all their sockets.
    ///   - isBusy: whether a large group is unfinished.
    ///   - isDone: whether everything taken is processed.
    /// - Returns: whether the lane must reschedule itself.
    mutating func pause(delivered: Int, isBusy: Bool, isDone: Bool) -> Bool {
        self.undelivered -= delivered
        self.isBusy = isBusy
        self.isScheduled = !isDone || !self.mail.isEmpty
        return self.isScheduled
    }
}
