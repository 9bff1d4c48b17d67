// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension RedisClient {
    /// How often it is guessed which channel one of several independent Redis has, each of which has the same chance.
    private static let guesses = 10_000

    /// A random channel on each of these nodes that has any. Any thread; it does no more for a thousand nodes than to look
    /// who has each partition.
    func randomChannels(on nodes: [RedisNode]) -> [(node: RedisNode, channel: ChannelID)] {
        guard self.servers.isEmpty else {
            return nodes.compactMap { node in self.guessedChannel(on: node).map { (node, $0) } }
        }
        let owners = PartitionOwners { slot in self.node(atSlot: slot).map { ObjectIdentifier($0) } }
        return nodes.compactMap { node in owners.randomChannel(of: ObjectIdentifier(node)).map { (node, $0) } }
    }

    private func guessedChannel(on node: RedisNode) -> ChannelID? {
        for _ in 0..<Self.guesses {
            let channel = ChannelID.random()
            if self.node(at: RedisPlace(channel)) === node { return channel }
        }
        return nil
    }
}
