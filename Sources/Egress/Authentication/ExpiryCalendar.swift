// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The expiry times of the tokens that admitted a lane's members, so that no member is checked before one is due. A
/// pure structure; the clock is passed in.
struct ExpiryCalendar {
    private var expiries: [ChannelID: Int64] = [:]
    private var earliest = Int64.max

    /// Adds the expiry of a token that admitted a member to a channel.
    mutating func add(_ expiry: Int64, on channel: ChannelID) {
        self.expiries[channel] = min(self.expiries[channel] ?? .max, expiry)
        self.earliest = min(self.earliest, expiry)
    }

    /// Whether no expiry is pending.
    var isEmpty: Bool { self.earliest == .max }

    /// Removes and returns the channels where a token has expired: members that stay must be added again.
    mutating func takeDue(at now: Int64) -> [ChannelID] {
        guard now >= self.earliest else { return [] }
        let due = self.expiries.filter { $0.value <= now }.map(\.key)
        for channel in due { self.expiries[channel] = nil }
        self.earliest = self.expiries.values.min() ?? .max
        return due
    }
}
