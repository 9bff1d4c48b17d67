// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// The offers of a socket's events that it has not answered, oldest first. A pure structure; the clock is passed in.
///
/// A raw client says only "this is my answer", so that the oldest open question is what it answers. An offer that has
/// expired is passed over: the platform has had its fallback, and a client that leaves some events unanswered does not
/// fall behind for ever.
struct OfferQueue {
    /// How many offers are kept; the oldest goes for a newer one, for it expires first. 40 bytes each.
    static let limit = 1_024

    private var offers: Deque<ReplyOffer> = []

    /// How many offers are open, those included that have expired.
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
