// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// Marks channels with feeds as in use, some at a time: so that the position of a bot without events for days is
/// remembered from when it was last connected, not from its last event.
struct FedChannels: Sendable {
    /// How many channels are noted at once, at most.
    private static let step = 128
    /// How often channels with lasting feeds are marked, in milliseconds.
    private static let pause: Int64 = 10 * 60 * 1000

    /// When channels with lasting feeds were last marked.
    private var notedAt: Int64?

    /// Notes the next ones.
    ///
    /// - Returns: the marked channels, to be reported to the feeds after the commit.
    mutating func note(_ feeds: DiskFeeds, now: Int64, _ database: Database) throws -> [ChannelID] {
        if self.isTime(now) {
            self.notedAt = now
            feeds.useAll()
        }
        let channels = feeds.used(Self.step)
        for channel in channels { try ChannelTable.noteUse(of: channel, now: now, database) }
        return channels
    }

    private func isTime(_ now: Int64) -> Bool {
        guard let notedAt else { return true }
        // The clock may have been set back.
        return now < notedAt || now >= notedAt + Self.pause
    }
}
