// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// The reply offers of a socket's unanswered events, oldest first. A pure structure; the clock is passed in.
///
/// A raw client's answer names no event, so it answers the oldest open offer. An expired offer is skipped: the platform
/// got its fallback, and a client that leaves some events unanswered does not stay behind for ever.
struct OfferQueue {
    /// How many offers are kept; over it the oldest is dropped, which expires first. 40 bytes each.
    static let limit = 1_024

    private var offers: Deque<ReplyOffer> = []

    /// How many offers are open, expired ones included.
    var count: Int { self.offers.count }

    /// An event with an offer was delivered.
    mutating func append(_ offer: ReplyOffer) {
        if self.offers.count >= Self.limit { self.offers.removeFirst() }
        self.offers.append(offer)
    }

    /// Takes the offer that an answer is for; nil where none is open.
    ///
    /// - Parameter now: in milliseconds since 1970.
    mutating func take(now: Int64) -> ReplyOffer? {
        while let offer = self.offers.popFirst() {
            if offer.deadline > now { return offer }
        }
        return nil
    }
}
