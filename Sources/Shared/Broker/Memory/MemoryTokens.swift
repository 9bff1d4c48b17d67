// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The known access tokens, each until it expires. Over the limit the oldest is dropped.
///
/// A pure structure; `MemoryBroker` keeps it under a lock and passes the clock in, in milliseconds.
struct MemoryTokens {
    /// How many tokens are remembered; each takes some 300 bytes.
    static let limit = 16_384

    private struct Known {
        var grant: TokenGrant
        var expiry: Int64
        var number: UInt64
    }

    private var known: [TokenDigest: Known] = [:]
    /// In insertion order; a token inserted again has two entries, of which the later one counts.
    private var order: Deque<(token: TokenDigest, number: UInt64)> = []
    private var lastNumber: UInt64 = 0

    /// How many tokens are held, including expired ones queued behind one that is not.
    var count: Int { self.known.count }

    mutating func remember(_ grant: TokenGrant, for token: TokenDigest, until expiry: Int64, now: Int64) {
        self.removeExpired(now: now)
        self.lastNumber += 1
        self.known[token] = Known(grant: grant, expiry: expiry, number: self.lastNumber)
        self.order.append((token, self.lastNumber))
        while self.order.count > Self.limit { self.removeOldest() }
    }

    func grant(for token: TokenDigest, now: Int64) -> TokenGrant? {
        guard let known = self.known[token], known.expiry > now else { return nil }
        return known.grant
    }

    private mutating func removeExpired(now: Int64) {
        while let oldest = self.order.first, (self.known[oldest.token]?.expiry ?? 0) <= now {
            self.removeOldest()
        }
    }

    private mutating func removeOldest() {
        let oldest = self.order.removeFirst()
        if self.known[oldest.token]?.number == oldest.number {
            self.known[oldest.token] = nil
        }
    }
}
