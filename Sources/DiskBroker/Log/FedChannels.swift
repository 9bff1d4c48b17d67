// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// Notes of channels that somebody feeds on that they are in use, some of them at a time: so that the position of a bot
/// that has no events for days is remembered from when it was there last, and not from when its last event came.
struct FedChannels: Sendable {
    /// How many channels are noted at once, at most.
    private static let step = 128
    /// How often those whose feeds last are noted, in milliseconds.
    private static let pause: Int64 = 10 * 60 * 1000

    /// When those whose feeds last were noted.
    private var notedAt: Int64?

    /// Notes the next ones.
    mutating func note(_ feeds: DiskFeeds, now: Int64, _ database: Database) throws {
        if self.isTime(now) {
            self.notedAt = now
            feeds.useAll()
        }
        for channel in feeds.takeUsed(Self.step) { try ChannelTable.noteUse(of: channel, now: now, database) }
    }

    private func isTime(_ now: Int64) -> Bool {
        guard let notedAt else { return true }
        // The clock may have been set back.
        return now < notedAt || now >= notedAt + Self.pause
    }
}
