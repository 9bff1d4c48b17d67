// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// When the tokens end by which the members of a lane's groups were let in, so that nobody has to be looked at before. A
/// pure structure; the clock is passed in.
struct ExpiryCalendar {
    private var expiries: [ChannelID: Int64] = [:]
    private var earliest = Int64.max

    /// Somebody was let in to a channel by a token that ends.
    mutating func add(_ expiry: Int64, on channel: ChannelID) {
        self.expiries[channel] = min(self.expiries[channel] ?? .max, expiry)
        self.earliest = min(self.earliest, expiry)
    }

    /// Whether there is anything to wait for.
    var isEmpty: Bool { self.earliest == .max }

    /// The channels where a token has ended. They are forgotten: whoever stays there is added anew.
    mutating func takeDue(at now: Int64) -> [ChannelID] {
        guard now >= self.earliest else { return [] }
        let due = self.expiries.filter { $0.value <= now }.map(\.key)
        for channel in due { self.expiries[channel] = nil }
        self.earliest = self.expiries.values.min() ?? .max
        return due
    }
}
