// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// What consumers, groups and the gateway's tokens are to a `DiskBroker`.
extension DiskBroker {
    public func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        // A client that closes and reconnects at once has moved the cursor just before.
        self.ask(.readBehind, on: eventLoop) { store, _, database in
            try store.cursor(of: consumer, on: channel, database)
        }
    }

    public func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.ask(.write, on: eventLoop) { store, now, database in
            try store.moveCursor(of: consumer, on: channel, to: position, now: now, database)
        }
    }

    public func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        self.ask(.write, on: eventLoop) { store, now, database in
            try store.take(request, on: channel, now: now, database)
        }
    }

    public func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.ask(.write, on: eventLoop) { store, now, database in
            try store.settle(settlement, on: channel, now: now, database)
        }
    }

    public func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        self.ask(.read, on: eventLoop) { store, now, database in
            try store.deadLetters(of: channel, after: number, limit: limit, now: now, database)
        }
    }

    public func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        self.ask(.write, on: eventLoop) { store, _, database in
            try store.dropDeadLetter(number, of: channel, database)
        }
    }

    public func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.ask(.write, on: eventLoop) { _, now, database in
            let expiry = now + min(lifetimeMilliseconds, TokenLifetime.longestMilliseconds)
            try TokenTable.remember(grant, for: token, until: expiry, now: now, database)
        }
    }

    public func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        self.ask(.read, on: eventLoop) { _, now, database in
            try TokenTable.grant(for: token, now: now, database)
        }
    }
}
