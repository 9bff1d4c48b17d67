// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Asks what is known of bots' traffic: their logs, their cursors, and who is connected. Any thread.
///
/// A page of bots is requested every other second, and events may be large: if there is nothing new, none is read.
struct BotOverview: Sendable {
    let broker: any Broker
    let presence: any PresenceStore
    let now: @Sendable () -> Int64
    private let newest = NewestEvents()

    init(broker: any Broker, presence: any PresenceStore, now: @escaping @Sendable () -> Int64) {
        self.broker = broker
        self.presence = presence
        self.now = now
    }

    /// The status of bots, in the order requested.
    ///
    /// - Returns: a future on `eventLoop`: nil for a bot of which the store does not say it.
    func status(of bots: [Bot], on eventLoop: any EventLoop) -> EventLoopFuture<[BotStatus?]> {
        let now = self.now()
        return EventLoopFuture.whenAllSucceed(
            bots.map { self.status(on: $0.channel, now: now, eventLoop: eventLoop) },
            on: eventLoop
        )
    }

    /// Each bot is asked of by itself: where one Redis of several is away, the others still know theirs.
    private func status(on channel: ChannelID, now: Int64, eventLoop: any EventLoop) -> EventLoopFuture<BotStatus?> {
        let reports = self.presence.reports(on: [channel], now: now, eventLoop: eventLoop)
            .map { Optional($0.first ?? []) }
            .recover { _ in nil }
        return self.traffic(on: channel, eventLoop: eventLoop).and(reports).map { status, reports in
            var status = status
            status?.reports = reports
            return status
        }
    }

    private func traffic(on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<BotStatus?> {
        let cursor = self.broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop)
        return self.head(of: channel, on: eventLoop).and(cursor).flatMap { head, cursor in
            guard head.offset > 0 else { return eventLoop.makeSucceededFuture(BotStatus(events: 0)) }
            let lag = cursor.map { cursor in
                cursor.epoch == head.epoch ? head.offset - min(head.offset, cursor.offset) : head.offset
            }
            return self.time(of: head, on: channel, eventLoop: eventLoop).map { time in
                BotStatus(events: head.offset, lastEvent: time, lag: lag)
            }
        }.map { Optional($0) }.recover { _ in nil }
    }

    /// Where a log ends. Behind a position of no log there is nothing to read, so that no event comes with it.
    private func head(of channel: ChannelID, on eventLoop: any EventLoop) -> EventLoopFuture<Position> {
        let nowhere = Position(epoch: .random(), offset: 0)
        return self.broker.log(channel, after: nowhere, limit: 1, on: eventLoop).map { page in
            switch page {
            case .entries(_, let head), .notRecoverable(_, let head): head
            }
        }
    }

    /// When a log's newest event came; nil where it is not retained.
    private func time(
        of head: Position,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Int64?> {
        if let time = self.newest.time(of: head, on: channel) { return eventLoop.makeSucceededFuture(time) }
        return self.broker.log(channel, after: head.predecessor, limit: 1, on: eventLoop).map { page in
            guard case .entries(let entries, _) = page, let entry = entries.first else { return nil }
            self.newest.remember(entry, on: channel)
            return entry.event.receivedAt
        }
    }
}
