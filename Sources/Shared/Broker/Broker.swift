// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Connects the two tiers: ingress publishes events on channels, egress subscribes to them.
///
/// ## What a broker guarantees
/// - **Stored before acknowledged.** A publication is done only after the event is in the channel's log.
/// - **Order.** Offsets of a channel count 1, 2, 3 … within an epoch, and a feed delivers in their order without a gap.
/// - **At least once**, from the acknowledgement to the feed, within the retention that the operator chose. A feed
///   delivers an offset at most once; after the broker itself reconnects, the gap is filled from the log.
/// - **A lost store is announced.** When the log's contents are lost, its epoch changes and every feed reports it.
/// - **Known keys are dropped.** Two publications with one duplicate key within its lifetime store one event.
/// - **A reply finds its node, or its sender learns that it did not.** It is delivered at most once to the node that
///   its token names, whichever node it comes from, and that node decides the outcome.
/// - **A cursor is durable and never goes back** within an epoch, and belongs to its consumer alone.
/// - **A group hands an event to one member at a time**, until it is settled or out of attempts, when it becomes a dead
///   letter. Events lost before any member received them are counted.
///
/// All methods may be called from any thread. Futures complete on the event loop that the caller names.
public protocol Broker: Sendable {
    /// Appends an event to a channel's log and pushes it to the channel's feeds, or reports its key as a duplicate.
    ///
    /// On failure the event may not have been stored: the caller must answer so that the platform retries. Completion
    /// may be delayed while feeds cannot keep up.
    ///
    /// - Parameters:
    ///   - retention: overrides the broker's retention for this channel; nil removes an earlier override.
    ///   - eventLoop: where a pending publication completes; need not be the calling loop.
    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication

    /// Feeds `receiver` with a channel's events from now on, until the subscription is cancelled.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the feed is active: every event published after that, by
    ///   any node, reaches the receiver. `receiver` is held until the subscription is cancelled.
    func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription>

    /// Reads retained events.
    ///
    /// - Parameters:
    ///   - position: read the events after it; nil reads from the oldest retained event.
    ///   - limit: how many events at most, at least 1.
    func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage>

    /// The cursor of a consumer of a channel: the last event its clients are confirmed to have received. It may belong
    /// to a past epoch.
    ///
    /// - Returns: a future on `eventLoop`: nil if the consumer has no cursor there.
    func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?>

    /// Creates or advances a consumer's cursor. A position of the cursor's epoch that is not ahead of it, or one of an
    /// epoch that is not the log's, changes nothing.
    ///
    /// It is remembered as long as the channel's position is.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the cursor is stored. It fails with `BrokerError`:
    ///   `tooManyConsumers` where the channel has `ConsumerName.limit` other consumers already.
    func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void>

    /// Takes events for a member of a group: first those that another member has held longer than the visibility time,
    /// or has refused, then those not yet delivered. They stay with the member until they are settled or the visibility
    /// time ends.
    ///
    /// Events that have used up the request's attempts become dead letters here. A new group begins where the request
    /// says.
    ///
    /// - Returns: a future on `eventLoop`; it fails with `BrokerError`: `tooManyConsumers` where the channel has
    ///   `ConsumerName.limit` other groups already.
    func take(_ request: GroupRequest, on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<GroupPage>

    /// Settles events that a member took: they are done, or are made available to another member at once. Events
    /// that the group no longer holds, because they were settled or given up before, are ignored, and so are a refusal
    /// and a release by a member whose time is over, when another one has taken the event.
    func settle(_ settlement: GroupSettlement, on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<Void>

    /// The dead letters of a channel, oldest first. They are retained by count and age like the log, but
    /// `DeadLetter.retentionFactor` times as long.
    ///
    /// - Parameters:
    ///   - number: read those after it; 0 reads from the oldest.
    ///   - limit: how many at most, at least 1.
    func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]>

    /// Deletes a dead letter.
    ///
    /// - Returns: a future on `eventLoop`: whether it was there.
    func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool>

    /// Stores what an access token grants, for every node to look up, until it expires.
    ///
    /// - Parameters:
    ///   - lifetimeMilliseconds: from now; bounded by `TokenLifetime.longestMilliseconds`.
    /// - Returns: a future on `eventLoop` that succeeds when every node can look it up, and fails with `BrokerError`.
    func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void>

    /// What an access token grants.
    ///
    /// - Returns: a future on `eventLoop`: nil for an unknown or expired token; it fails with `BrokerError` where the
    ///   store cannot be asked.
    func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?>

    /// Opens the inbox of an ingress node: `receiver` takes the replies to the node's tokens, from any node.
    ///
    /// It stays open, across reconnects to the store too, until it is closed or the broker is shut down. While the
    /// store is unreachable, replies do not arrive and their senders are told so. A node has one inbox: opening it
    /// again replaces the receiver.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the inbox is open: a reply sent after that, by any node,
    ///   reaches the receiver. While the store is unreachable it waits; it fails only with `BrokerError.closed`.
    ///   `receiver` is held until the inbox is closed.
    func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox>

    /// Delivers a reply to the node that its token names.
    ///
    /// - Returns: a future on `eventLoop`: the node's verdict; `unfit` for an invalid reply, whatever its destination;
    ///   `unknown` where no such node has its inbox open, or it does not answer within two seconds. It fails with
    ///   `BrokerError` where the store cannot be reached: `timeout` where the reply may still have been accepted,
    ///   `overloaded` where too many replies are in flight.
    func reply(_ reply: Reply, to token: ReplyToken, on eventLoop: any EventLoop) -> EventLoopFuture<ReplyOutcome>

    /// Publishes an observation to the channel's observers on every node. Best effort: never fails, never waits, and
    /// drops the observation when the channel has no known observers, when `ObservationBudget` is used up, or when the
    /// store is unreachable.
    ///
    /// - Parameter make: called before this returns, only if the observation is published. One over `Observation.limit`
    ///   bytes is dropped.
    func report(on channel: ChannelID, _ make: () -> Observation)

    /// Whether a channel has observers, as far as this node knows: at most a few seconds stale where the channel has a
    /// feed here, unknown where it has none. Costs one atomic load where no channel has observers.
    func isObserved(_ channel: ChannelID) -> Bool

    /// Subscribes to a channel's observations: `receiver` takes what nodes report, until the subscription is cancelled
    /// or released.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the subscription is active; it waits some seconds for an
    ///   unreachable store, and fails only with `BrokerError` `.unavailable` or `.closed`.
    func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription>

    /// Whether the broker can store and deliver right now; read at any time, never blocks.
    var health: BrokerHealth { get }
}
