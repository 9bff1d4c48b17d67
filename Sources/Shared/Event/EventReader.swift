// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Reads what `ByteWriter` wrote, from untrusted bytes.
struct EventReader {
    /// The next byte to read.
    private(set) var offset = 0

    /// Reads a byte.
    mutating func readByte(_ bytes: Span<UInt8>) throws(EventEncodingError) -> UInt8 {
        guard self.offset < bytes.count else { throw .truncated }
        defer { self.offset += 1 }
        return bytes[self.offset]
    }

    /// Reads a big-endian integer of that many bytes, at most 8.
    mutating func readInteger(
        _ bytes: Span<UInt8>,
        byteCount: Int
    ) throws(EventEncodingError)
        -> UInt64
    {
        guard byteCount <= bytes.count - self.offset else { throw .truncated }
        var value: UInt64 = 0
        for index in self.offset..<self.offset + byteCount {
            value = value << 8 | UInt64(bytes[index])
        }
        self.offset += byteCount
        return value
    }

    /// Reads a variable-length integer (RFC 9000, section 16) that is the length of something which is still to be read.
    mutating func readLength(_ bytes: Span<UInt8>) throws(EventEncodingError) -> Int {
        let first = try self.readByte(bytes)
        var length = Int(first & 0x3F)
        for _ in 1..<(1 << Int(first >> 6)) {
            length = length << 8 | Int(try self.readByte(bytes))
        }
        guard length <= bytes.count - self.offset else { throw .truncated }
        return length
    }

    /// Skips a text and returns its range.
    @discardableResult
    mutating func skipText(_ bytes: Span<UInt8>) throws(EventEncodingError) -> Range<Int> {
        let length = try self.readLength(bytes)
        defer { self.offset += length }
        return self.offset..<self.offset + length
    }

    /// Reads a text, which must be UTF-8.
    mutating func readText(_ bytes: Span<UInt8>) throws(EventEncodingError) -> String {
        let text = bytes.extracting(try self.skipText(bytes))
        do {
            return String(copying: try UTF8Span(validating: text))
        } catch {
            throw .invalidText
        }
    }

    /// Reads a text; what is not UTF-8 in it is replaced by U+FFFD.
    mutating func readRepairedText(_ bytes: Span<UInt8>) throws(EventEncodingError) -> String {
        bytes.extracting(try self.skipText(bytes)).withUnsafeBufferPointer {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
