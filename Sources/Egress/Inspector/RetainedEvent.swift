// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// One event of a bot's log, by its position.
enum RetainedEvent {
    /// Why the event is unavailable.
    enum Missing: String, Error {
        case notRetained = "not_retained"
        case badPosition = "bad_position"

        /// The response for it.
        var problem: Problem {
            switch self {
            case .notRetained:
                Problem(
                    .notFound,
                    reason: self,
                    detail: "The log has no event at this position: it was let go, or the position is another bot's."
                )
            case .badPosition:
                Problem(
                    .badRequest,
                    reason: self,
                    detail: "A position is what an event's envelope gives, for instance 9f2c61d07a55e013-42."
                )
            }
        }
    }

    /// Finds the event.
    ///
    /// - Returns: a future on `eventLoop` that fails with `Missing`, or with `BrokerError`.
    static func find(
        _ position: Position,
        on channel: ChannelID,
        broker: any Broker,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Event> {
        guard position.offset > 0 else { return eventLoop.makeFailedFuture(Missing.notRetained) }
        return broker.log(channel, after: position.predecessor, limit: 1, on: eventLoop).flatMapThrowing { page in
            guard case .entries(let entries, _) = page, let entry = entries.first, entry.position == position else {
                throw Missing.notRetained
            }
            return entry.event
        }
    }

    /// The problem for a failed operation on a retained event.
    static func problem(of error: any Error) -> Problem {
        (error as? Missing)?.problem ?? SocketRefusal.brokerUnavailable.problem
    }
}
