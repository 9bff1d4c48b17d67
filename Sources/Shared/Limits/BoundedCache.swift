// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A cache of bounded capacity that evicts entries not used for long.
///
/// Two generations instead of an order of use: entries that are used move to the young one; when that is full the
/// old one is dropped whole and the young one grows old. Every operation takes constant time, and an entry that is
/// used at least once while half the capacity passes by is never lost.
public struct BoundedCache<Key: Hashable, Value> {
    @usableFromInline let generationCapacity: Int
    @usableFromInline var young: [Key: Value] = [:]
    @usableFromInline var old: [Key: Value] = [:]

    /// A cache of up to `capacity` entries, at least two.
    @inlinable
    public init(capacity: Int) {
        precondition(capacity >= 2, "a cache must hold at least two entries")
        self.generationCapacity = capacity / 2
    }

    /// How many entries there are.
    @inlinable
    public var count: Int { self.young.count + self.old.count }

    /// The entry of a key, which counts as a use.
    @inlinable
    public mutating func value(for key: Key) -> Value? {
        if let value = self.young[key] { return value }
        guard let value = self.old.removeValue(forKey: key) else { return nil }
        self.insertYoung(value, for: key)
        return value
    }

    /// Adds an entry, or replaces it.
    @inlinable
    public mutating func insert(_ value: Value, for key: Key) {
        self.old[key] = nil
        self.insertYoung(value, for: key)
    }

    /// Removes an entry.
    @inlinable
    public mutating func remove(_ key: Key) {
        self.young[key] = nil
        self.old[key] = nil
    }

    @usableFromInline
    mutating func insertYoung(_ value: Value, for key: Key) {
        if self.young.count >= self.generationCapacity, self.young[key] == nil {
            self.old = self.young
            self.young = [:]
        }
        self.young[key] = value
    }
}

extension BoundedCache: Sendable where Key: Sendable, Value: Sendable {}
