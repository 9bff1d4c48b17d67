// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// Rate limits local to one node: token buckets in memory.
///
/// Bounded: of some 65,000 bots with limits, those unused for longest start over with a full bucket.
public final class LocalRateLimiter: RateLimiter {
    private static let capacity = 65_536

    private struct Entry {
        var limit: RateLimit
        var bucket: TokenBucket
    }

    private let now: @Sendable () -> NIODeadline
    private let entries: Mutex<BoundedCache<ChannelID, Entry>>

    /// - Parameter now: a monotonic clock.
    public init(now: @escaping @Sendable () -> NIODeadline = NIODeadline.now) {
        self.now = now
        self.entries = Mutex(BoundedCache(capacity: Self.capacity))
    }

    public func take(_ limit: RateLimit, on channel: ChannelID, eventLoop: any EventLoop) -> RateVerdict {
        let now = self.now()
        return self.entries.withLock { entries in
            var entry = entries.value(for: channel) ?? Entry(limit: limit, bucket: TokenBucket(limit, now: now))
            if entry.limit != limit { entry = Entry(limit: limit, bucket: TokenBucket(limit, now: now)) }
            let decision = entry.bucket.decide(now: now)
            entries.insert(entry, for: channel)
            return .decided(decision)
        }
    }

    public func giveBack(_ limit: RateLimit, on channel: ChannelID) {
        self.entries.withLock { entries in
            guard var entry = entries.value(for: channel), entry.limit == limit else { return }
            entry.bucket.giveBack()
            entries.insert(entry, for: channel)
        }
    }
}
