// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Shared

/// A duplicate key as it is stored: a hash of its text and its channel, keyed by the log's seed, so that its size is
/// constant and collisions cannot be crafted.
struct KeyDigest: Sendable {
    let bytes: [UInt8]
    let lifetimeMilliseconds: Int64

    init(_ key: DuplicateKey, channel: ChannelID, seed: [UInt8]) {
        self.bytes = Array(Digest.sha256(seed, channel.description.utf8, key.text.utf8).prefix(16))
        self.lifetimeMilliseconds = key.lifetimeMilliseconds
    }
}

/// The table of duplicate keys.
enum KeyTable {
    /// Remembers a key for its lifetime.
    ///
    /// - Returns: false where it is known and its lifetime has not ended.
    static func insert(_ key: KeyDigest, now: Int64, _ database: Database) throws -> Bool {
        let (end, overflows) = now.addingReportingOverflow(key.lifetimeMilliseconds)
        try database.cachedStatement(
            sql: """
                INSERT INTO key (digest, expiry) VALUES (?, ?)
                ON CONFLICT (digest) DO UPDATE SET expiry = excluded.expiry WHERE expiry <= ?
                """
        ).execute(arguments: [Data(key.bytes), overflows ? .max : end, now])
        return database.changesCount > 0
    }

    /// Forgets keys whose lifetime has ended, at most `limit`, and returns how many.
    static func expire(now: Int64, limit: Int, _ database: Database) throws -> Int {
        try self.removeOldest(limit, endingBy: now, database)
    }

    /// Forgets the keys whose lifetimes end first.
    static func removeOldest(_ limit: Int, endingBy time: Int64 = .max, _ database: Database) throws -> Int {
        try database.cachedStatement(
            sql: "DELETE FROM key WHERE digest IN (SELECT digest FROM key WHERE expiry <= ? ORDER BY expiry LIMIT ?)"
        ).execute(arguments: [time, limit])
        return database.changesCount
    }

    static func count(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM key") ?? 0
    }
}
