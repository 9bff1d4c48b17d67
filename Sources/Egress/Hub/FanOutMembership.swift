// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket's subscription to its channel: a place on the feed, and membership of the channel's group on the socket's
/// lane. The group begins with its first member and ends with its last. On the lane's loop.
struct FanOutMembership {
    let place: FeedPlace
    let lane: Lane
    private let group: ChannelFanOut

    /// Prepares a socket that holds `place` to join; the feed posts to the lane from now on.
    init(place: FeedPlace, lane: Lane) {
        let (group, isNew) = lane.group(of: place.feed.channel)
        if isNew {
            place.feed.addBranch(lane: lane, group: NIOLoopBound(group, eventLoop: lane.eventLoop))
        }
        self.place = place
        self.lane = lane
        self.group = group
    }

    /// The channel that is fed.
    var channel: ChannelID { self.place.feed.channel }

    /// The keeper of a consumer's cursor on this lane.
    func keeper(of consumer: ConsumerName) -> CursorKeeper {
        self.group.keeper(of: consumer) {
            CursorKeeper(
                consumer: consumer,
                channel: self.channel,
                broker: self.lane.broker,
                eventLoop: self.lane.eventLoop
            )
        }
    }

    /// The reader of a group on this lane.
    ///
    /// - Parameter start: where the group begins if it is new; nil for the oldest event.
    func reader(of group: StreamRequest.Group, start: Position?, metrics: GroupMetrics) -> GroupReader {
        self.group.reader(of: group.name) {
            let (lane, feed) = (self.lane, self.place.feed)
            return GroupReader(
                group: group,
                start: start,
                channel: self.channel,
                broker: self.lane.broker,
                eventLoop: self.lane.eventLoop,
                metrics: metrics,
                tracing: self.lane.tracing,
                isResting: { lane.isResting },
                wakeAll: { feed.wakeReaders(of: group.name) }
            )
        }
    }

    /// A client of a consumer was sent everything up to a position.
    func sent(upTo position: Position, to client: any CursorClient, of consumer: ConsumerName) {
        let keeper = self.keeper(of: consumer)
        if keeper.sent(upTo: position, to: client) { self.lane.visit(keeper) }
    }

    /// A client of a consumer that answers probes is about to be sent everything up to a position.
    ///
    /// The first event after a pause carries a probe in the same write: most bots get single events, whose receipt is
    /// thus confirmed as soon as they are read, with half the system calls. For events that follow quickly, the lane's
    /// visit sends the probe.
    ///
    /// - Returns: the number of a probe to send right after it; nil for none.
    func sending(upTo position: Position, to client: any ProbedClient, of consumer: ConsumerName) -> UInt64? {
        let keeper = self.keeper(of: consumer)
        guard keeper.sent(upTo: position, to: client) else { return nil }
        self.lane.visit(keeper)
        return keeper.probe(behindWhatIsSentTo: client)
    }

    /// A client has read everything that it was sent before a probe.
    func probeAnswered(_ number: UInt64, by client: any CursorClient, of consumer: ConsumerName) {
        self.keeper(of: consumer).probeAnswered(number, by: client)
    }

    /// A client of a consumer has acknowledged everything up to a position.
    func acknowledged(upTo position: Position, of consumer: ConsumerName) {
        let keeper = self.keeper(of: consumer)
        if keeper.acknowledged(upTo: position) { self.lane.visit(keeper) }
    }

    /// A client of a consumer has ended or is being closed. It has received everything up to a position if it closed in
    /// an orderly way itself, or once it answers our close frame.
    ///
    /// - Parameter position: the last event that it was sent; nil if none.
    func ended(
        _ client: any CursorClient,
        of consumer: ConsumerName?,
        _ reason: SocketEndReason,
        at position: Position?
    ) {
        guard let consumer else { return }
        let keeper = self.keeper(of: consumer)
        keeper.ended(client)
        guard let position else { return }
        if reason == .messageRefused { keeper.refused(upTo: position) }
        guard reason.isGoodbye else { return }
        if reason != .clientClosed, case .client(let client) = client.witness {
            client.whenCloseAcknowledged { keeper.saidGoodbye(at: position) }
        } else if client.isFlushed {
            keeper.saidGoodbye(at: position)
        }
    }

    /// Delivers to a socket from now on.
    func join(_ member: any FanOutMember) {
        self.group.add(member)
        self.lane.joined(member, on: self.channel)
        self.lane.presenceReporter?.came(member, to: self.channel)
    }

    /// Stops delivery to the socket and gives its place back. Call once.
    func leave(_ member: any FanOutMember) {
        self.group.remove(member)
        self.lane.presenceReporter?.went(member, from: self.channel, isLast: self.group.members.isEmpty)
        if self.group.members.isEmpty {
            self.place.feed.removeBranch(lane: self.lane)
            self.lane.removeGroup(of: self.channel)
        }
        self.place.giveBack()
    }
}
