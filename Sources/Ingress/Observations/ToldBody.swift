// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A body as included in an observation: its beginning, and whether that is all of it.
struct ToldBody {
    /// How many bytes are included.
    private static let limit = 8 << 10

    let base64: String
    let isTruncated: Bool

    init(_ body: ByteBuffer) {
        self.isTruncated = body.readableBytes > Self.limit
        self.base64 = body.withUnsafeReadableBytes { Base64.encode($0.prefix(Self.end(of: $0))) }
    }

    /// Where to cut the body. Text is not cut within a character (RFC 3629, section 3), which would make it invalid
    /// UTF-8.
    private static func end(of bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count > self.limit else { return bytes.count }
        // A character has at most three continuation bytes: if there are more, the body is not text.
        return (self.limit - 3...self.limit).last { bytes[$0] & 0xC0 != 0x80 } ?? self.limit
    }
}
