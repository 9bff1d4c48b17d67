// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Asks what is known of bots' traffic: their logs, their cursors, and who is connected. Any thread.
struct BotOverview: Sendable {
    let broker: any Broker
    let presence: any PresenceBoard
    let now: @Sendable () -> Int64

    /// The status of bots, in the order asked for.
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
        let sheets = self.presence.sheets(on: [channel], now: now, eventLoop: eventLoop).recover { _ in [] }
        return self.traffic(on: channel, eventLoop: eventLoop).and(sheets).map { status, sheets in
            var status = status
            status?.sheets = sheets.first ?? []
            return status
        }
    }

    private func traffic(on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<BotStatus?> {
        let cursor = self.broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop)
        return self.broker.log(channel, after: nil, limit: 1, on: eventLoop).and(cursor).flatMap { page, cursor in
            let head = page.head
            guard head.offset > 0 else {
                return eventLoop.makeSucceededFuture(BotStatus(events: 0, sheets: []))
            }
            let lag = cursor.map { cursor in
                cursor.epoch == head.epoch ? head.offset - min(head.offset, cursor.offset) : head.offset
            }
            let before = Position(epoch: head.epoch, offset: head.offset - 1)
            return self.broker.log(channel, after: before, limit: 1, on: eventLoop).map { page in
                BotStatus(events: head.offset, lastEvent: page.first?.event.receivedAt, lag: lag, sheets: [])
            }
        }.map { Optional($0) }.recover { _ in nil }
    }
}

extension LogPage {
    fileprivate var head: Position {
        switch self {
        case .entries(_, let head), .notRecoverable(_, let head): head
        }
    }

    fileprivate var first: LogEntry? {
        switch self {
        case .entries(let entries, _): entries.first
        case .notRecoverable: nil
        }
    }
}
