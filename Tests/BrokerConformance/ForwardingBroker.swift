// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// A broker of a test that does a few things in its own way, and leaves the rest to another.
public protocol ForwardingBroker: Broker {
    /// Who does what the broker does not do itself.
    var base: any Broker { get }
}

extension ForwardingBroker {
    /// What the base says.
    public var health: BrokerHealth { self.base.health }

    /// Left to the base.
    public func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        self.base.publish(event, to: channel, key: key, retention: retention, on: eventLoop)
    }

    /// Left to the base.
    public func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        self.base.feed(channel, to: receiver, on: eventLoop)
    }

    /// Left to the base.
    public func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        self.base.log(channel, after: position, limit: limit, on: eventLoop)
    }

    /// Left to the base.
    public func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        self.base.cursor(of: consumer, on: channel, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.base.moveCursor(of: consumer, on: channel, to: position, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        self.base.take(request, on: channel, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.base.settle(settlement, on: channel, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        self.base.deadLetters(of: channel, after: number, limit: limit, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        self.base.dropDeadLetter(number, of: channel, eventLoop: eventLoop)
    }

    /// Left to the base.
    public func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.base.remember(grant, for: token, lifetimeMilliseconds: lifetimeMilliseconds, on: eventLoop)
    }

    /// Left to the base.
    public func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        self.base.grant(for: token, on: eventLoop)
    }

    /// Left to the base.
    public func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        self.base.openInbox(of: node, to: receiver, on: eventLoop)
    }

    /// Left to the base.
    public func reply(
        _ reply: Reply,
        to token: ReplyToken,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<ReplyOutcome> {
        self.base.reply(reply, to: token, on: eventLoop)
    }

    /// Left to the base.
    public func report(on channel: ChannelID, _ make: () -> Observation) {
        self.base.report(on: channel, make)
    }

    /// Left to the base.
    public func isObserved(_ channel: ChannelID) -> Bool {
        self.base.isObserved(channel)
    }

    /// Left to the base.
    public func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        self.base.observe(channel, with: receiver, on: eventLoop)
    }
}
