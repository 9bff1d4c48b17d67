// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The event that a client has refused, as longer than it takes or as of a kind that it does not (close codes 1009, 1003 and
/// 1007 of RFC 6455), as far as that can be known: it does not say which, and what it was sent behind it has thrown away.
struct RefusedEvent: Sendable {
    /// Clients take this much, in bytes of an event as it is stored: the smallest limit in use, of microcontrollers, is 15 KiB,
    /// and an envelope may be some times as long as what is in it.
    private static let takenByAll = 4 << 10
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
    /// right one a few sockets later. Where none is found, the first is as good. So nothing is lost but what is refused.
    ///
    /// - Returns: its position; nil where there is nothing that could be refused. Fails with what reading the log fails with.
    func find(on eventLoop: any EventLoop) -> EventLoopFuture<Position?> {
        self.broker.cursor(of: self.consumer, on: self.channel, eventLoop: eventLoop).flatMap { cursor in
            let known = cursor.flatMap { $0.epoch == self.end.epoch ? $0 : nil }
            return self.find(after: known, first: nil, pages: Self.pages, on: eventLoop)
        }
    }

    private func find(
        after position: Position?,
        first: Position?,
        pages: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        self.broker.log(self.channel, after: position, limit: Self.pageLimit, on: eventLoop).flatMap { page in
            guard case .entries(let entries, _) = page else {
                // What was behind the position has gone, and may have been the one.
                guard position != nil, pages > 1 else { return eventLoop.makeSucceededFuture(first) }
                return self.find(after: nil, first: first, pages: pages - 1, on: eventLoop)
            }
            let sent = entries.prefix { $0.position.epoch == self.end.epoch && $0.position.offset <= self.end.offset }
            let first = first ?? sent.first?.position
            if let found = sent.first(where: Self.mayBeRefused) { return eventLoop.makeSucceededFuture(found.position) }
            guard let last = sent.last?.position, last.offset < self.end.offset, pages > 1 else {
                return eventLoop.makeSucceededFuture(first)
            }
            return self.find(after: last, first: first, pages: pages - 1, on: eventLoop)
        }
    }

    private static func mayBeRefused(_ entry: LogEntry) -> Bool {
        !entry.event.bodyIsUTF8 || EventEncoding.encode(entry.event).readableBytes >= Self.takenByAll
    }
}
