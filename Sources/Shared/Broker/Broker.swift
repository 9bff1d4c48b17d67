// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What joins the two tiers: ingress publishes events on channels, egress feeds on them.
///
/// ## What a broker guarantees
/// - **Stored before acknowledged.** A publication is done only after the event is in the channel's log.
/// - **Order.** Offsets of a channel count 1, 2, 3 … within an epoch, and a feed delivers in their order without a gap.
/// - **At least once**, from the acknowledgement to the feed, within the retention that the operator chose. A feed
///   delivers an offset at most once; what is delivered after a reconnect of the broker's own is filled from the log.
/// - **A lost store is announced.** When the log lost its memory, its epoch changes, and every feed says so.
/// - **Known keys are dropped.** Two publications with one duplicate key within its lifetime store one event.
/// - **A reply finds its node, or its sender learns that it did not.** It is brought to the node that its token names at
///   most once, whichever node it comes from, and the outcome is that node's own word.
/// - **A cursor is durable and never goes back** within an epoch, and is of its consumer alone.
/// - **A group hands an event to one member at a time**, until it is settled or has been tried too often; what is given up
///   is a dead letter, and what was lost before any member had it is counted.
///
/// All methods may be called from any thread. Futures complete on the event loop that the caller names.
public protocol Broker: Sendable {
    /// Appends an event to a channel's log and pushes it to the channel's feeds, or finds that its key is known.
    ///
    /// Where it fails, the event may not have been stored: the caller must then answer so that the platform sends it
    /// again. It may be held back while feeds cannot keep up.
    ///
    /// - Parameters:
    ///   - retention: how much of the channel's log is kept, where not what the broker keeps of all; nil takes a retention of
    ///     its own from the channel again.
    ///   - eventLoop: where what is pending completes; the loop that this is called on, or another.
    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication

    /// Feeds `receiver` with a channel's events from now on, until the subscription is cancelled.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the feed is on: an event that is published after that, by
    ///   any node, reaches the receiver. `receiver` is held until the subscription is cancelled.
    func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription>

    /// Reads retained events.
    ///
    /// - Parameters:
    ///   - position: read what comes after it; nil reads from the oldest retained event.
    ///   - limit: how many events at most, at least 1.
    func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage>

    /// Where a consumer of a channel is: the last event that its clients are known to have had. It may be of an epoch that
    /// is over.
    ///
    /// - Returns: a future on `eventLoop`: nil for a consumer that has no cursor there.
    func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?>

    /// Moves a consumer's cursor, or makes it. A position of the cursor's own epoch that is not ahead of it leaves it where
    /// it is, and so does an epoch that is not the log's.
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

    /// Takes events for a member of a group: first those that another member has had for longer than the visibility time,
    /// or has refused, then those that no member has had. They are the member's until they are settled, or until the
    /// visibility time is over.
    ///
    /// Events that were tried as often as the request allows become dead letters here. A group that is new begins where the
    /// request says.
    ///
    /// - Returns: a future on `eventLoop`; it fails with `BrokerError`: `tooManyConsumers` where the channel has
    ///   `ConsumerName.limit` other groups already.
    func take(_ request: GroupRequest, on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<GroupPage>

    /// Settles events that a member took: they are done, or another member is to have them at once. Positions that are not
    /// the group's to settle, because they were settled or given up before, are passed over.
    func settle(_ settlement: GroupSettlement, on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<Void>

    /// The events of a channel that were given up, oldest first. They are retained by number and age like the log, but for
    /// `DeadLetter.retentionFactor` times as long.
    ///
    /// - Parameters:
    ///   - number: read those behind it; 0 reads from the oldest.
    ///   - limit: how many at most, at least 1.
    func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]>

    /// Forgets a dead letter.
    ///
    /// - Returns: a future on `eventLoop`: whether it was there.
    func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool>

    /// Remembers what an access token opens, for any node to ask, until it expires.
    ///
    /// - Parameters:
    ///   - lifetimeMilliseconds: from now; bounded by `TokenLifetime.longestMilliseconds`.
    /// - Returns: a future on `eventLoop` that succeeds when every node can ask for it, and fails with `BrokerError`.
    func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void>

    /// What an access token opens.
    ///
    /// - Returns: a future on `eventLoop`: nil for a token that nobody remembered, or that has expired; it fails with
    ///   `BrokerError` where that cannot be known.
    func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?>

    /// Opens the inbox of an ingress node: `receiver` takes the replies to the node's tokens, from whatever node they come.
    ///
    /// It stays open, through losses of the store's connection too, until it is closed or the broker is shut down. While
    /// the store cannot be reached replies do not arrive, and their senders learn so. A node has one inbox: opening it
    /// again puts the new receiver in the place of the old one.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the inbox is open: a reply that is sent after that, by any
    ///   node, reaches the receiver. It waits for a store that cannot be reached, and fails only with
    ///   `BrokerError.closed`. `receiver` is held until the inbox is closed.
    func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox>

    /// Brings a reply to the node that its token names.
    ///
    /// - Returns: a future on `eventLoop`: what the node made of it; `unfit` for a reply that is not fit, wherever it
    ///   should go; `unknown` where no such node has its inbox open, or does not answer within two seconds. It fails with
    ///   `BrokerError` where the store cannot be reached: `timeout` where the reply may have been accepted all the same,
    ///   `overloaded` where too many replies are under way.
    func reply(_ reply: Reply, to token: ReplyToken, on eventLoop: any EventLoop) -> EventLoopFuture<ReplyOutcome>

    /// Tells whoever looks on at a channel, on any node, what was seen on it. Never fails, never waits, and is dropped where
    /// nobody is known to look on, where there is too much of it (`ObservationBudget`), or where the store is away: nothing
    /// may depend on it.
    ///
    /// - Parameter make: is called where it is told, before this returns. More than `Observation.limit` bytes are not told.
    func report(on channel: ChannelID, _ make: () -> Observation)

    /// Whether somebody looks on at a channel, as far as this node knows: at most a few seconds behind the truth where the
    /// channel has a feed here, and not known where it has none. A load where nobody looks on at anything.
    func isObserved(_ channel: ChannelID) -> Bool

    /// Looks on at a channel: `receiver` takes what nodes report, until the subscription is cancelled or let go of.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when what is reported from then on arrives; it waits some seconds for
    ///   a store that cannot be reached, and fails only with `BrokerError` `.unavailable` or `.closed`.
    func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription>

    /// Whether the broker can store and deliver right now; read at any time, never blocks.
    var health: BrokerHealth { get }
}
