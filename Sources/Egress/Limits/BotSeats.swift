// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Enforces the registry's limits on bots' sockets. Any thread.
struct BotSeats: Sendable {
    let registry: BotRegistry
    let store: any SeatStore

    /// Takes a seat of a channel's bot.
    ///
    /// - Returns: a future on `eventLoop`: nil for a bot without a limit. It fails with `SocketRefusal` if all are
    ///   taken, and with the store's error if it cannot be asked.
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
