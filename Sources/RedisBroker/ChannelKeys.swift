// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A channel's Redis keys. All of them have one hash tag, so that they are in one slot of a cluster.
struct ChannelKeys: Sendable {
    /// The Pub/Sub channel, and the prefix of every key: `hw:{p}:<channel>`.
    let feed: String
    /// Which Redis has them.
    let place: RedisPlace

    init(_ channel: ChannelID) {
        self.place = RedisPlace(channel)
        self.feed = "hw:{\(channel.partition)}:\(channel)"
    }

    /// The stream of retained events.
    var log: String { self.feed + ":log" }

    /// The hash with the log's head.
    var meta: String { self.feed + ":meta" }

    /// The hash of the channel's cursors.
    var cursors: String { self.feed + ":cursors" }

    /// The hash of the channel's groups' positions.
    var groups: String { self.feed + ":groups" }

    /// The stream of dead letters.
    var dead: String { self.feed + ":dead" }

    /// The hash of presence reports.
    var present: String { self.feed + ":present" }

    /// The state of the bot's rate limit: the time up to which it is leased.
    var rate: String { self.feed + ":rate" }

    /// The hash of how many of the bot's seats each node has.
    var seats: String { self.feed + ":seats" }

    /// The Pub/Sub channel of observations.
    var notes: String { self.feed + Self.notesSuffix }

    /// Whether a name is one of those. Checks only its suffix: the names of feeds end in a hexadecimal digit.
    static func isNotes(_ name: String) -> Bool {
        name.utf8.last == UInt8(ascii: "s") && name.hasSuffix(self.notesSuffix)
    }

    private static let notesSuffix = ":notes"

    /// A known duplicate key. Hashed, because it is untrusted: 128 bits of SHA-256, so that collisions cannot be
    /// crafted.
    func seen(_ key: String) -> String {
        "\(self.feed):seen:\(Hex.encode(Digest.sha256(key.utf8).prefix(16)))"
    }

    /// The key for events without a duplicate key.
    var unseen: String { self.feed + ":seen:" }
}
