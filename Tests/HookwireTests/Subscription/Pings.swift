// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

/// A server's pings, and what a client answers (RFC 6455, section 5.5).
enum Pings {
    /// Four pings, and no room for the answers to the last three but for the last.
    static func expectOnePong(from channel: EmbeddedChannel) throws {
        try channel.writeInbound(Self.frame("a"))
        #expect(try Self.answers(from: channel) == ["a"])
        channel.isWritable = false
        for payload in ["b", "c", "d"] { try channel.writeInbound(Self.frame(payload)) }
        #expect(try Self.answers(from: channel).isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try Self.answers(from: channel) == ["d"])
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try Self.answers(from: channel).isEmpty)
    }

    /// One ping; its payload is short.
    private static func frame(_ payload: String) -> ByteBuffer {
        ByteBuffer(bytes: [0x89, UInt8(payload.utf8.count)] + Array(payload.utf8))
    }

    /// The payloads of all pongs that were written.
    private static func answers(from channel: EmbeddedChannel) throws -> [String] {
        var answers: [String] = []
        while var frame = try channel.readOutbound(as: ByteBuffer.self) {
            guard frame.readInteger(as: UInt8.self) == 0x8A, let length = frame.readInteger(as: UInt8.self),
                let mask = frame.readBytes(length: 4), let bytes = frame.readBytes(length: Int(length & 0x7F))
            else { continue }
            answers.append(String(decoding: bytes.indices.map { bytes[$0] ^ mask[$0 % 4] }, as: UTF8.self))
        }
        return answers
    }
}
