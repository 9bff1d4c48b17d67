// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Where a client's stream begins, resolved with its consumer's cursor.
struct StreamBeginning: Sendable {
    /// What is read from the log first; nil for live events only.
    var resumption: DeliveryStateMachine.Resumption?
    /// Where a group begins if it is new; nil for the oldest event.
    var groupStart: Position?
    /// Events received before this are skipped, in milliseconds since 1970.
    var since: Int64?

    /// Whether it begins at its consumer's cursor.
    var isAtCursor: Bool { if case .backlog? = self.resumption { true } else { false } }

    /// Resolves where the stream begins.
    ///
    /// - Parameters:
    ///   - place: already taken on the channel's feed, so that events arriving meanwhile are not missed.
    ///   - now: in milliseconds since 1970.
    /// - Returns: a future on `eventLoop` that fails with `SocketRefusal`.
    static func find(
        _ request: StreamRequest,
        at place: FeedPlace,
        broker: any Broker,
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<StreamBeginning> {
        guard request.group == nil else {
            return eventLoop.makeSucceededFuture(StreamBeginning(groupStart: self.groupStart(request, at: place)))
        }
        let known: EventLoopFuture<Position?>
        if let consumer = request.consumer, consumer != .anybody || request.start.isCursor {
            known = self.cursor(of: consumer, request.start, at: place, broker: broker, eventLoop: eventLoop)
        } else {
            known = eventLoop.makeSucceededFuture(nil)
        }
        return known.map { cursor in
            switch request.start {
            case .live: StreamBeginning()
            case .after(let position): StreamBeginning(resumption: .after(position))
            case .unreadable: StreamBeginning(resumption: .unreadable)
            case .cursor, .cursorBehindOthers: StreamBeginning(resumption: .backlog(cursor))
            case .behind(let position): StreamBeginning(resumption: .behind(position))
            case .since(let time): StreamBeginning(resumption: .oldest, since: now - time)
            }
        }.flatMapErrorThrowing { error in
            throw (error as? BrokerError) == .tooManyConsumers ? SocketRefusal.tooManyConsumers : error
        }
    }

    private static func groupStart(_ request: StreamRequest, at place: FeedPlace) -> Position? {
        switch request.start {
        case .live: place.feed.position
        case .after(let position), .behind(let position): position
        case .cursor, .cursorBehindOthers, .since, .unreadable: nil
        }
    }

    /// The cursor of a consumer. A new consumer's cursor is created at once, so that it gets what arrives while it is
    /// away.
    private static func cursor(
        of consumer: ConsumerName,
        _ start: StreamRequest.Start,
        at place: FeedPlace,
        broker: any Broker,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        let channel = place.feed.channel
        let cursor = broker.cursor(of: consumer, on: channel, eventLoop: eventLoop)
        guard consumer != .anybody else { return cursor }
        return cursor.flatMap { cursor in
            guard cursor == nil else { return eventLoop.makeSucceededFuture(cursor) }
            let feed = place.feed.position
            let others =
                start == .cursorBehindOthers
                ? broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop) : eventLoop.makeSucceededFuture(nil)
            return others.flatMap { others in
                let known = others.flatMap { $0.epoch == feed.epoch ? $0 : nil }
                let offset = start == .live ? feed.offset : known?.offset ?? 0
                let beginning = Position(epoch: feed.epoch, offset: offset)
                return broker.moveCursor(of: consumer, on: channel, to: beginning, eventLoop: eventLoop).map { known }
            }
        }
    }
}

extension Hub {
    /// Takes a place on a channel's feed, and finds where the stream of a client begins.
    ///
    /// - Parameter now: in milliseconds since 1970.
    /// - Returns: a future on `eventLoop`.
    func takePlace(
        on channel: ChannelID,
        for request: StreamRequest,
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<(FeedPlace, StreamBeginning)> {
        self.takePlace(on: channel, eventLoop: eventLoop).flatMap { place in
            StreamBeginning.find(request, at: place, broker: self.broker, now: now, eventLoop: eventLoop).map {
                (place, $0)
            }
        }
    }
}
