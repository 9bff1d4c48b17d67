// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How the bytes that a log may take are shared out. Pure.
///
/// The database has three quarters. The rest is for what SQLite writes ahead: a transaction's pages, those that it frees
/// included, and those of the transactions before it that were not yet carried over. A transaction and what may wait to
/// be carried over are bounded so that they fit.
struct DiskSpace: Sendable {
    /// How many bytes the log may take.
    let limit: Int
    /// SQLite's page, in bytes.
    let pageSize: Int

    /// How many pages may be in use when nothing is about to be stored.
    var pages: Int { self.limit / 4 * 3 / self.pageSize }
    /// How many pages the file may have at all; SQLite refuses what needs more. What goes beyond `pages` is for rows whose
    /// room was guessed too small.
    var filePages: Int { self.pages + self.limit / 16 / self.pageSize }
    /// How many pages may be written ahead before they are carried over into the database.
    var pagesAhead: Int { max(64, min(4 << 20, self.limit / 16) / self.pageSize) }
    /// How many bytes of events one transaction stores, except that it always stores one; and as many may become dead
    /// letters in it.
    var transactionBytes: Int { min(4 << 20, self.limit / 16) }
    /// The largest event.
    var eventBytes: Int { self.limit / DiskBrokerConfiguration.eventShare }
    /// How many duplicate keys are known, a quarter of the room.
    var keys: Int { self.limit / 4 / 4 * 3 / Self.keyCost }

    /// What a key takes in its table and its index, in bytes.
    private static let keyCost = 128
    /// What an event takes beside its bytes: its columns, its place in the index, a key.
    static let eventCost = 256

    /// How many pages must be free before `bytes` of events are stored.
    func pagesNeeded(for bytes: Int) -> Int {
        // An event that leaves a page partly empty makes a fifth more, at the most that is likely.
        bytes / self.pageSize * 6 / 5 + 16
    }
}
