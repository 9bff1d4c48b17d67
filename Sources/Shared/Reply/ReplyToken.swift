// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a bot needs to answer one waiting request: which node it waits on, and a number that nobody can guess.
///
/// It is a secret of the request: whoever has it can answer in the bot's name, once, until the deadline.
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

    /// A token that nobody can guess.
    public static func random(node: NodeID) -> ReplyToken {
        // The system's generator, which is a cryptographic one.
        ReplyToken(node: node, high: UInt64.random(in: 0...UInt64.max), low: UInt64.random(in: 0...UInt64.max))
    }
}

extension ReplyToken: LosslessStringConvertible {
    /// 48 lower-case hexadecimal digits: fit for a path.
    public var description: String {
        [self.node.rawValue, self.high, self.low].map {
            let digits = String($0, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }

    /// Reads what `description` wrote; anything else is nil.
    public init?(_ description: String) {
        let digits = Array(description.utf8)
        guard digits.count == 48,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        func number(_ index: Int) -> UInt64? {
            UInt64(String(decoding: digits[index * 16..<index * 16 + 16], as: UTF8.self), radix: 16)
        }
        guard let node = number(0), let high = number(1), let low = number(2) else { return nil }
        self.init(node: NodeID(rawValue: node), high: high, low: low)
    }
}
