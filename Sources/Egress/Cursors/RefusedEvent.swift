// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Identifies, as far as possible, the event that a client has refused as too long or of an unsupported kind (close
/// codes 1009, 1003 and 1007 of RFC 6455): the client does not say which, and has discarded what it was sent after it.
struct RefusedEvent: Sendable {
    /// Every client accepts events up to this size, in bytes as stored: the smallest limit in use, of microcontrollers,
    /// is 15 KiB, and an envelope may be several times as long as its content.
    private static let takenByAll = 4 << 10
    /// How many events are searched at a time.
    private static let pageLimit = 64
    private static let pages = 16

    let consumer: ConsumerName
    let channel: ChannelID
    /// The last event that it was sent.
    let end: Position
    let broker: any Broker

    /// Searches after what the client is confirmed to have received.
    ///
    /// The first event that any client might refuse is either the refused one or was read: then the client continues
    /// after it, and refuses the right one a few connections later. If none is found, the first event is taken. So
    /// nothing is lost but what is refused.
    ///
    /// - Returns: its position; nil if there is no candidate. Fails if the log cannot be read.
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
                // The events after the position are gone, and may have included the refused one.
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
