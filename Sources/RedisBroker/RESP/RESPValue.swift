// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A reply of Redis, as RESP2 has them (redis.io, "Redis serialization protocol specification").
package enum RESPValue: Hashable, Sendable {
    /// A status line such as `OK`.
    case simpleString(String)
    /// An error line, its code first: `NOSCRIPT No matching script.` It may echo arguments: see `RedisError`.
    case error(String)
    case integer(Int)
    /// Bytes of any kind. Small ones may share their memory with the other parts of the same reply.
    case bulk(ByteBuffer)
    /// A null bulk string or a null array: RESP2 has both, and they mean the same.
    case null
    case array([RESPValue])
}

extension RESPValue {
    /// The text of a simple string or of a bulk string that is UTF-8, and nil for anything else.
    var string: String? {
        switch self {
        case .simpleString(let text): text
        case .bulk(let bytes): try? bytes.getUTF8ValidatedString(at: bytes.readerIndex, length: bytes.readableBytes)
        default: nil
        }
    }
}
