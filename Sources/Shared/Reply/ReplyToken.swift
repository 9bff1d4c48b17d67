// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a bot needs to answer one waiting request: the node where it waits, and an unguessable number.
///
/// A bearer secret: its holder can answer in the bot's name, once, until the deadline.
public struct ReplyToken: Hashable, Sendable {
    /// The ingress node that the request waits on.
    public let node: NodeID
    /// 128 unpredictable bits.
    public let high: UInt64
    public let low: UInt64

    /// A token from its parts.
    public init(node: NodeID, high: UInt64, low: UInt64) {
        self.node = node
        self.high = high
        self.low = low
    }

    /// Creates an unguessable token.
    public static func random(node: NodeID) -> ReplyToken {
        // The system's generator, which is a cryptographic one.
        ReplyToken(node: node, high: UInt64.random(in: 0...UInt64.max), low: UInt64.random(in: 0...UInt64.max))
    }
}

extension ReplyToken: LosslessStringConvertible {
    /// 48 lower-case hexadecimal digits: fit for a path.
    public var description: String {
        [self.node.rawValue, self.high, self.low].map { Hex.encode(bigEndian: $0) }.joined()
    }

    /// Reads what `description` wrote; anything else is nil.
    public init?(_ description: String) {
        let digits = description.utf8
        guard !digits.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }),
            let node = Hex.decode(bigEndian: digits.prefix(16)),
            let high = Hex.decode(bigEndian: digits.dropFirst(16).prefix(16)),
            let low = Hex.decode(bigEndian: digits.dropFirst(32))
        else { return nil }
        self.init(node: NodeID(rawValue: node), high: high, low: low)
    }
}
