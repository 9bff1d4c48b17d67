// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The name of the channel that carries one bot's events: a hash of the bot's secret.
///
/// It appears in Redis keys, logs and metrics in place of the secret, which it does not reveal: 128 bits of SHA-256
/// over a domain-separation prefix and the secret, so that precomputed hash tables are of no use.
public struct ChannelID: Hashable, Sendable {
    /// How many hash tags the channels of all bots are spread over, so that the same key names work on a Redis
    /// Cluster and its sharded Pub/Sub: more than any cluster has nodes, few enough to subscribe to them all.
    public static let partitionCount = 128

    private let high: UInt64
    private let low: UInt64

    /// The channel of the bot that holds `secret`. Costs about half a microsecond: keep the result where it is used often.
    public init(secret: Secret) {
        let digest = secret.exposeUTF8 { Digest.sha256("hookwire.channel.v1\0".utf8, $0) }
        self.init(bytes: digest[0..<16])
    }

    /// The channel of a bot identified by its name alone, so that its secret may change.
    public init(bot name: BotName) {
        self.init(bytes: Digest.sha256("hookwire.bot.v1\0".utf8, name.text.utf8)[0..<16])
    }

    /// A channel of no bot, for a node's own probes.
    public static func random() -> ChannelID {
        ChannelID(bytes: SecureRandom.bytes(16)[...])
    }

    /// The same in one of the `partitionCount` partitions.
    ///
    /// - Parameter partition: from 0.
    public static func random(inPartition partition: Int) -> ChannelID {
        precondition((0..<Self.partitionCount).contains(partition), "no partition \(partition)")
        let (count, random) = (UInt64(Self.partitionCount), Self.random())
        // Their number is a power of two: nothing overflows.
        return ChannelID(high: random.high, low: random.low - random.low % count + UInt64(partition))
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A channel id from its 16 bytes.
    private init(bytes: ArraySlice<UInt8>) {
        self.high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Which of the `partitionCount` hash tags the channel's keys carry.
    public var partition: Int {
        Int(self.low % UInt64(Self.partitionCount))
    }
}

extension ChannelID {
    /// The hash that assigns channels to independent stores: stable across nodes and versions.
    public var hash: UInt64 { self.high }
}

extension ChannelID: LosslessStringConvertible {
    /// Thirty-two lower-case hexadecimal digits.
    public var description: String {
        Hex.encode(bigEndian: self.high) + Hex.encode(bigEndian: self.low)
    }

    /// Reads what `description` wrote; anything else is nil.
    public init?(_ description: String) {
        let digits = description.utf8
        guard let high = Hex.decode(bigEndian: digits.prefix(16)), let low = Hex.decode(bigEndian: digits.dropFirst(16))
        else { return nil }
        self.high = high
        self.low = low
    }
}
