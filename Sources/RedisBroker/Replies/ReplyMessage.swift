// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A reply on its way to the node that its token names.
///
/// | bytes | what |
/// |---|---|
/// | 1 | version, 1 |
/// | 8 | who asks, for the outcome |
/// | 8 | the number of the question |
/// | 24 | the token: node, high, low |
/// | … | the reply, as `ReplyEncoding` writes it |
struct ReplyMessage: Equatable {
    var asker: ReplyAsker
    var number: UInt64
    var token: ReplyToken
    /// Nil for bytes that are no fit reply.
    var reply: Reply?

    /// What stands before the reply, in bytes.
    private static let headLength = 41
    private static let version: UInt8 = 1

    /// The head of a message, which an encoded reply follows.
    static func head(asker: ReplyAsker, number: UInt64, token: ReplyToken) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(self.headLength)
        bytes.writeMultipleIntegers(
            self.version,
            asker.rawValue,
            number,
            token.node.rawValue,
            token.high,
            token.low
        )
        return bytes
    }
}

extension ReplyMessage {
    /// Parses a message; nil if invalid: anyone with access to Redis can publish there.
    init?(_ payload: ByteBuffer) {
        var bytes = payload
        guard let version = bytes.readInteger(as: UInt8.self), version == Self.version,
            let (asker, number, node, high, low) = bytes.readMultipleIntegers(
                as: (UInt64, UInt64, UInt64, UInt64, UInt64).self
            )
        else { return nil }
        self.asker = ReplyAsker(rawValue: asker)
        self.number = number
        self.token = ReplyToken(node: NodeID(rawValue: node), high: high, low: low)
        self.reply = ReplyEncoding.decode(bytes)
    }
}

/// The outcome of a reply, sent back: version, the request's number, and the outcome, 10 bytes.
struct OutcomeMessage: Equatable {
    var number: UInt64
    var outcome: ReplyOutcome

    private static let version: UInt8 = 1

    /// The message's bytes.
    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(Self.version, self.number, self.outcome.code)
        return bytes
    }
}

extension OutcomeMessage {
    /// Reads a message; nil for what is none.
    init?(_ payload: ByteBuffer) {
        var bytes = payload
        guard let (version, number, code) = bytes.readMultipleIntegers(as: (UInt8, UInt64, UInt8).self),
            version == Self.version, bytes.readableBytes == 0,
            let outcome = ReplyOutcome.allCases.first(where: { $0.code == code })
        else { return nil }
        self.number = number
        self.outcome = outcome
    }
}

extension ReplyOutcome {
    /// How it is written; nodes of one version read what nodes of the next write.
    fileprivate var code: UInt8 {
        switch self {
        case .accepted: 0
        case .second: 1
        case .late: 2
        case .unknown: 3
        case .unfit: 4
        }
    }
}
