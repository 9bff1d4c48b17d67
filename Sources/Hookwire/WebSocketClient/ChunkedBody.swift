// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A body that a server sends in chunks (RFC 9112, section 7.1), as far as it has come: of answers that are read for people
/// to see, a few KiB.
enum ChunkedBody {
    private static let sizeDigits = 8

    /// What the chunks hold, and whether that is all: trailers are not waited for, and behind what is no chunk comes nothing.
    static func read(_ bytes: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
        var (body, rest) = ([UInt8](), bytes[...])
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let digits = String(
                decoding: rest[..<end].prefix { Character(Unicode.Scalar($0)).isHexDigit },
                as: UTF8.self
            )
            guard digits.utf8.count <= Self.sizeDigits, let size = Int(digits, radix: 16), size > 0 else {
                return (body, true)
            }
            rest = rest[(end + 1)...]
            body += rest.prefix(size)
            // A line break ends the chunk.
            guard rest.count >= size + 2 else { return (body, false) }
            rest = rest.dropFirst(size + 2)
        }
        return (body, false)
    }
}
