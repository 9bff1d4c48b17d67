// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The channels that a node published on lately: their names, and where each one's log was left.
///
/// The position goes along with the next publication, so that a store that went back (a snapshot from before a crash, a
/// replica that lagged) is noticed by the script before it gives an offset to another event. Bounded: of the channels
/// that are not used any more, some thousand at most are kept.
struct PublishedChannels {
    /// What is known of a channel.
    struct Channel: Sendable {
        var keys: ChannelKeys
        /// What each call of the script begins with.
        var prefix: RESPCommandPrefix
        var position: Position?
    }

    /// How many channels a generation has. At some 700 bytes each.
    private static let generationCount = 8_192

    /// Those used since the generation began, and those of the one before.
    private var present: [ChannelID: Channel] = [:]
    private var past: [ChannelID: Channel] = [:]

    private let script: RedisScript

    /// - Parameter script: what is called to publish.
    init(script: RedisScript) {
        self.script = script
    }

    /// How many channels are remembered.
    var count: Int { self.present.count + self.past.count }

    /// What is known of a channel that is used now.
    mutating func channel(_ id: ChannelID) -> Channel {
        if let channel = self.present[id] { return channel }
        if self.present.count >= Self.generationCount {
            self.past = self.present
            self.present = [:]
        }
        let channel = self.past.removeValue(forKey: id) ?? self.newChannel(id)
        self.present[id] = channel
        return channel
    }

    private func newChannel(_ id: ChannelID) -> Channel {
        let keys = ChannelKeys(id)
        return Channel(keys: keys, prefix: PublishCall.prefix(self.script, keys), position: nil)
    }

    /// An event was stored there. Replies may arrive out of offset order.
    mutating func stored(at position: Position, on id: ChannelID) {
        guard let known = self.present[id] else { return }
        if let last = known.position, last.epoch == position.epoch, last.offset > position.offset { return }
        self.present[id]?.position = position
    }
}
