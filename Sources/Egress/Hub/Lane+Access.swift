// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Ends members whose access was lost.
extension Lane {
    /// Bots have changed: re-checks the members of these channels. Any thread.
    func review(_ channels: Set<ChannelID>) {
        self.eventLoop.execute {
            for channel in channels { self.review(channel) }
        }
    }

    /// Ends the members of a channel's group whose access was lost. On the loop.
    func review(_ channel: ChannelID) {
        for member in self.members(of: channel) {
            let standing = self.authenticator.standing(of: member.admission, on: channel)
            if let accessLoss = AccessLoss(standing) {
                member.dismiss(accessLoss)
            } else if case .holds(until: let expiry?) = standing {
                self.expect(expiry, on: channel)
            }
        }
    }

    /// A member has joined the group of a channel. On the loop.
    func joined(_ member: any FanOutMember, on channel: ChannelID) {
        guard self.authenticator.isGuarded else { return }
        // The bot may have changed between the member's admission and its joining. The member is not fully set up yet,
        // so it is dismissed asynchronously.
        guard case .holds(until: let expiry) = self.authenticator.standing(of: member.admission, on: channel) else {
            return self.eventLoop.execute { self.review(channel) }
        }
        if let expiry { self.expect(expiry, on: channel) }
    }

    /// Usually shares one object among the clients admitted to a channel by the same credential. On the loop.
    func shared(_ admission: Admission?, on channel: ChannelID) -> Admission? {
        guard let admission, let known = self.members(of: channel).last?.admission, known == admission else {
            return admission
        }
        return known
    }
}
