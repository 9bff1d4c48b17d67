// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Synchronization

/// A place on a feed, which keeps the feed running until it is given back or let go of.
final class FeedPlace: Sendable {
    let feed: Feed
    /// The bot's, where it may have so many only.
    private let seat: Seat?
    private let hub: Hub
    private let isGivenBack = Atomic<Bool>(false)

    /// A place that the hub has counted already; for the hub.
    init(feed: Feed, seat: Seat?, hub: Hub) {
        self.feed = feed
        self.seat = seat
        self.hub = hub
    }

    deinit {
        // The client may vanish while the feed begins, and then nobody has the place any more.
        self.giveBack()
    }

    /// Gives the place back; does nothing the second time.
    func giveBack() {
        guard !self.isGivenBack.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.seat?.giveBack()
        self.hub.giveBack(self.feed.channel, feed: self.feed)
    }
}
