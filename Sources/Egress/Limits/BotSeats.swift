// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The sockets that bots may have, where the registry says that one may have so many only. Any thread.
struct BotSeats: Sendable {
    let registry: BotRegistry
    let store: any SeatStore

    /// Takes a seat of a channel's bot.
    ///
    /// - Returns: a future on `eventLoop`: nil for a bot that may have any number. It fails with `SocketRefusal` where all are
    ///   taken, and with the store's error where that cannot be known.
    func take(on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<Seat?> {
        guard let limit = self.registry.directory?.bot(on: channel)?.limits.sockets else {
            return eventLoop.makeSucceededFuture(nil)
        }
        return self.store.takeSeat(on: channel, limit: limit, eventLoop: eventLoop).flatMapThrowing { seat in
            guard let seat else {
                LimitRefusal.botSockets.count()
                throw SocketRefusal.botSockets
            }
            return seat
        }
    }
}
