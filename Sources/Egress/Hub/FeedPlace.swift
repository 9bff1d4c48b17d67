// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Synchronization

/// A place on a feed, which keeps the feed running until it is given back or deallocated.
final class FeedPlace: Sendable {
    let feed: Feed
    /// The bot's seat, if its sockets are limited.
    private let seat: Seat?
    private let hub: Hub
    private let isGivenBack = Atomic<Bool>(false)

    /// Creates a place that the hub has counted already; for the hub only.
    init(feed: Feed, seat: Seat?, hub: Hub) {
        self.feed = feed
        self.seat = seat
        self.hub = hub
    }

    deinit {
        // The client may vanish while the feed starts, which drops the place.
        self.giveBack()
    }

    /// Gives the place back. Idempotent.
    func giveBack() {
        guard !self.isGivenBack.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.seat?.giveBack()
        self.hub.giveBack(self.feed.channel, feed: self.feed)
    }
}
