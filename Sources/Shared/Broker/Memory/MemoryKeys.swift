// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The known duplicate keys of all channels, each until its lifetime ends.
///
/// Keys are kept as 128 bits of keyed hash rather than as the platform's text: a key's cost is constant, and the
/// process's random hash seed prevents crafted collisions. A pure structure; `MemoryBroker` keeps it under its lock and
/// passes the clock in.
struct MemoryKeys {
    /// The memory of one known key, table and queue together, in bytes.
    static let cost = 120

    private struct Fingerprint: Hashable {
        var high: Int
        var low: Int
    }

    private struct Expiry {
        var fingerprint: Fingerprint
        var time: Int64
    }

    private var expiries: [Fingerprint: Int64] = [:]
    private var queue: Deque<Expiry> = []

    /// How many keys are held, including expired ones queued behind one that is not.
    var count: Int { self.queue.count }

    /// Remembers a key for its lifetime.
    ///
    /// - Returns: false where the key was remembered on that channel already and its lifetime has not ended.
    mutating func insert(_ key: DuplicateKey, channel: ChannelID, now: Int64) -> Bool {
        let fingerprint = Self.fingerprint(key, channel)
        let time = now + key.lifetimeMilliseconds
        if let expiry = self.expiries.updateValue(time, forKey: fingerprint), expiry > now {
            self.expiries[fingerprint] = expiry
            return false
        }
        self.queue.append(Expiry(fingerprint: fingerprint, time: time))
        return true
    }

    /// Forgets the keys at the front of the queue whose lifetime has ended.
    mutating func removeExpired(now: Int64) {
        while let oldest = self.queue.first, oldest.time <= now {
            self.removeOldest()
        }
    }

    /// Forgets the key that was remembered first.
    mutating func removeOldest() {
        let oldest = self.queue.removeFirst()
        // A key that was inserted again after it expired has two entries in the queue; the later one counts.
        if self.expiries[oldest.fingerprint] == oldest.time {
            self.expiries[oldest.fingerprint] = nil
        }
    }

    private static func fingerprint(_ key: DuplicateKey, _ channel: ChannelID) -> Fingerprint {
        var high = Hasher()
        high.combine(0 as UInt8)
        high.combine(channel)
        high.combine(key.text)
        var low = Hasher()
        low.combine(1 as UInt8)
        low.combine(channel)
        low.combine(key.text)
        return Fingerprint(high: high.finalize(), low: low.finalize())
    }
}
