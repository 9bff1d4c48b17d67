// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a channel is called in Redis. All of its keys carry one hash tag, so that they lie in one slot of a cluster.
struct ChannelKeys: Sendable {
    /// The Pub/Sub channel, and what every key begins with: `hw:{p}:<channel>`.
    let feed: String
    /// Which Redis has them.
    let place: RedisPlace

    init(_ channel: ChannelID) {
        self.place = RedisPlace(channel)
        self.feed = "hw:{\(channel.partition)}:\(channel)"
    }

    /// The stream of retained events.
    var log: String { self.feed + ":log" }

    /// The hash that says where the log stands.
    var meta: String { self.feed + ":meta" }

    /// The hash of where the channel's consumers are.
    var cursors: String { self.feed + ":cursors" }

    /// The hash of where the channel's groups are.
    var groups: String { self.feed + ":groups" }

    /// The stream of what groups gave up.
    var dead: String { self.feed + ":dead" }

    /// The hash of who is connected, by node.
    var present: String { self.feed + ":present" }

    /// When the bot's limit of requests will have been used up to the last that was leased.
    var rate: String { self.feed + ":rate" }

    /// The hash of how many of the bot's seats each node has.
    var seats: String { self.feed + ":seats" }

    /// The Pub/Sub channel of what nodes tell those who look on.
    var notes: String { self.feed + Self.notesSuffix }

    /// Whether a name is one of those. A glance at its end: the names of feeds end in a hexadecimal digit.
    static func isNotes(_ name: String) -> Bool {
        name.utf8.last == UInt8(ascii: "s") && name.hasSuffix(self.notesSuffix)
    }

    private static let notesSuffix = ":notes"

    /// A known duplicate key. It is hashed, because a platform, or whoever it passes texts on from, chose it: 128 bits
    /// of SHA-256, so that nobody finds two that are taken for each other.
    func seen(_ key: String) -> String {
        "\(self.feed):seen:\(Hex.encode(Digest.sha256(key.utf8).prefix(16)))"
    }

    /// What stands for a key that an event does not have.
    var unseen: String { self.feed + ":seen:" }
}
