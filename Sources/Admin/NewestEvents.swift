// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Synchronization

/// When the newest events of bots came, of as many bots as an operator may look at. Any thread.
final class NewestEvents: Sendable {
    private struct Newest {
        var position: Position
        /// In milliseconds since 1970.
        var time: Int64
    }

    private let times = Mutex(BoundedCache<ChannelID, Newest>(capacity: 4_096))

    /// When the event at a position came; nil where that is not known.
    func time(of position: Position, on channel: ChannelID) -> Int64? {
        self.times.withLock { times in
            guard let newest = times.value(for: channel), newest.position == position else { return nil }
            return newest.time
        }
    }

    func remember(_ entry: LogEntry, on channel: ChannelID) {
        let newest = Newest(position: entry.position, time: entry.event.receivedAt)
        self.times.withLock { $0.insert(newest, for: channel) }
    }
}
