// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The event that a client has refused as longer than it takes (close code 1009 of RFC 6455), as far as that can be known: it
/// does not say which, and what it was sent behind that it has thrown away.
struct RefusedEvent: Sendable {
    /// Clients take this much, in bytes: the smallest limit that is in use has twice as many.
    private static let takenByAll = 16 << 10
    /// How far the log is searched at a time.
    private static let pageLimit = 64
    private static let pages = 16

    let consumer: ConsumerName
    let channel: ChannelID
    /// The last event that it was sent.
    let end: Position
    let broker: any Broker

    /// Looks behind what the client is known to have had.
    ///
    /// The first event that any client may refuse is the one, or was read: then the client goes on behind it, and refuses the
    /// right one next time. So nothing is lost but what is refused. Where there is none, it is the largest.
    ///
    /// - Returns: its position; nil where there is nothing that could be refused. Fails with what reading the log fails with.
    func find(on eventLoop: any EventLoop) -> EventLoopFuture<Position?> {
        self.broker.cursor(of: self.consumer, on: self.channel, eventLoop: eventLoop).flatMap { cursor in
            let known = cursor.flatMap { $0.epoch == self.end.epoch ? $0 : nil }
            return self.find(after: known, largest: nil, pages: Self.pages, on: eventLoop)
        }
    }

    private func find(
        after position: Position?,
        largest: (position: Position, size: Int)?,
        pages: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        self.broker.log(self.channel, after: position, limit: Self.pageLimit, on: eventLoop).flatMap { page in
            guard case .entries(let entries, _) = page else {
                // What was behind the position has gone, and may have been the one.
                guard position != nil, pages > 1 else { return eventLoop.makeSucceededFuture(largest?.position) }
                return self.find(after: nil, largest: largest, pages: pages - 1, on: eventLoop)
            }
            var largest = largest
            for entry in entries {
                guard entry.position.epoch == self.end.epoch, entry.position.offset <= self.end.offset else { break }
                let size = entry.event.body.readableBytes
                if size >= Self.takenByAll { return eventLoop.makeSucceededFuture(entry.position) }
                if size > largest?.size ?? -1 { largest = (entry.position, size) }
            }
            guard let last = entries.last?.position, last.offset < self.end.offset else {
                return eventLoop.makeSucceededFuture(largest?.position)
            }
            // So many short ones were read: what was refused is behind them, and found the next time.
            guard pages > 1 else { return eventLoop.makeSucceededFuture(last) }
            return self.find(after: last, largest: largest, pages: pages - 1, on: eventLoop)
        }
    }
}
