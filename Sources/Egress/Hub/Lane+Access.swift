// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Those who may not stay.
extension Lane {
    /// Bots have changed: whoever gets the events of these channels is looked at. Any thread.
    func review(_ channels: Set<ChannelID>) {
        self.eventLoop.execute {
            for channel in channels { self.review(channel) }
        }
    }

    /// Ends those members of a channel's group that may not stay. On the loop.
    func review(_ channel: ChannelID) {
        for member in self.members(of: channel) {
            let standing = self.entrance.standing(of: member.admission, on: channel)
            if let dismissal = Dismissal(standing) {
                member.dismiss(dismissal)
            } else if case .holds(until: let expiry?) = standing {
                self.expect(expiry, on: channel)
            }
        }
    }

    /// Somebody has joined the group of a channel. On the loop.
    func joined(_ member: any FeedMember, on channel: ChannelID) {
        guard self.entrance.isGuarded else { return }
        // The bot may have changed since it was let in, before it could be found here. It is no socket yet, so it is told a
        // moment later.
        guard case .holds(until: let expiry) = self.entrance.standing(of: member.admission, on: channel) else {
            return self.eventLoop.execute { self.review(channel) }
        }
        if let expiry { self.expect(expiry, on: channel) }
    }

    /// One object for the many who are let in to a channel by the same, in most cases. On the loop.
    func shared(_ admission: Admission?, on channel: ChannelID) -> Admission? {
        guard let admission, let known = self.members(of: channel).last?.admission, known == admission else {
            return admission
        }
        return known
    }
}
