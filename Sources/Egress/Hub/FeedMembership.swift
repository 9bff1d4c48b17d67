// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket's part in its channel's feed: a place on the feed, and membership of the channel's group on the socket's
/// lane. The group begins with its first member and ends with its last. On the lane's loop.
struct FeedMembership {
    let place: FeedPlace
    private let lane: Lane
    private let group: FeedGroup

    /// What a socket that holds `place` needs to join; the feed posts to the lane from now on.
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

    /// Delivers to a socket from now on.
    func join(_ member: any FeedMember) {
        self.group.add(member)
    }

    /// Delivers to the socket no more, and gives its place back. Once.
    func leave(_ member: any FeedMember) {
        self.group.remove(member)
        if self.group.members.isEmpty {
            self.place.feed.removeBranch(lane: self.lane)
            self.lane.removeGroup(of: self.channel)
        }
        self.place.giveBack()
    }
}
