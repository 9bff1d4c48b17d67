// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// Cursors, groups, dead letters and access tokens.
extension RedisBroker {
    public func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        self.cursors.cursor(of: consumer, on: channel, eventLoop: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }

    public func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.cursors.move(consumer, on: channel, to: position, eventLoop: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }

    public func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        self.groups.take(request, on: channel, eventLoop: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }

    public func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.groups.settle(settlement, on: channel, eventLoop: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }

    public func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        self.letters.read(of: channel, after: number, limit: limit, eventLoop: eventLoop)
            .flatMapErrorThrowing { error in throw self.brokerError(error) }
    }

    public func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        self.letters.drop(number, of: channel, eventLoop: eventLoop)
            .flatMapErrorThrowing { error in throw self.brokerError(error) }
    }

    public func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        RedisTokens(client: self.client).remember(
            grant,
            for: token,
            lifetimeMilliseconds: lifetimeMilliseconds,
            on: eventLoop
        ).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }

    public func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        RedisTokens(client: self.client).grant(for: token, on: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
    }
}
