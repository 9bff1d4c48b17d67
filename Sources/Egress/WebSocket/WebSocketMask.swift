// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The masking key of one frame (RFC 6455 section 5.3), turned so that its first byte is the one for the next byte of
/// the payload. A payload may so be unmasked in pieces of any length.
struct WebSocketMask: Equatable, Sendable {
    /// The key's bytes in the order of the wire: the first is the least significant one.
    private var key: UInt32

    /// No bytes of the key read yet.
    init() {
        self.key = 0
    }

    /// Takes the key's next byte from the header. Four of them make it whole.
    mutating func append(_ byte: UInt8) {
        self.key = self.key >> 8 | UInt32(byte) << 24
    }

    /// Writes `source` unmasked to `target`, eight bytes a step, and turns the key for what follows.
    ///
    /// - Precondition: `target` has room for `source`.
    mutating func unmask(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= source.count, "the target must have room for the payload")
        let wide = (UInt64(self.key) << 32 | UInt64(self.key)).littleEndian
        var index = 0
        while index &+ 8 <= source.count {
            let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide
            target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < source.count {
            target[index] = source[index] ^ UInt8(truncatingIfNeeded: self.key >> (8 &* UInt32(index & 3)))
            index &+= 1
        }
        self.turn(by: source.count)
    }

    /// Turns the key as if `count` bytes had been unmasked.
    private mutating func turn(by count: Int) {
        let bits = UInt32(count & 3) * 8
        self.key = self.key >> bits | self.key << ((32 - bits) & 31)
    }
}
