// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// A broker that refuses everything, with an error of the test's choice.
public struct RefusingBroker: Broker {
    private let error: BrokerError

    /// - Parameter error: what everything fails with.
    public init(_ error: BrokerError = .closed) {
        self.error = error
    }

    /// Not ready, and says the error.
    public var health: BrokerHealth { .unavailable(self.error.description) }

    /// Refuses.
    public func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        .failed(self.error)
    }

    /// Refuses.
    public func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func reply(
        _ reply: Reply,
        to token: ReplyToken,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<ReplyOutcome> {
        eventLoop.makeFailedFuture(self.error)
    }

    /// Refuses.
    public func report(on channel: ChannelID, _ make: () -> Observation) {
        // Nobody is told.
    }

    /// Refuses.
    public func isObserved(_ channel: ChannelID) -> Bool {
        false
    }

    /// Refuses.
    public func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        eventLoop.makeFailedFuture(self.error)
    }
}
