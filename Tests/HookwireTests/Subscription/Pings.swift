// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded

/// A server's pings, and what a client answers (RFC 6455, section 5.5).
enum Pings {
    /// One ping; its payload is short.
    static func frame(_ payload: String) -> ByteBuffer {
        ByteBuffer(bytes: [0x89, UInt8(payload.utf8.count)] + Array(payload.utf8))
    }

    /// The payloads of all pongs that were written.
    static func answers(from channel: EmbeddedChannel) throws -> [String] {
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
