// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Sizes a connection's receive buffer: 256 bytes at first, which an idle socket keeps; doubled after a read that
/// filled it, up to 64 KiB; halved after two reads that would have fitted into half.
///
/// Does what NIO's `AdaptiveRecvByteBufferAllocator` does with these bounds, in two bytes: NIO's does not fit into an
/// existential's inline storage, and costs each connection an allocation.
struct ReceiveAllocator: RecvByteBufferAllocator {
    private static let smallest: UInt8 = 8
    private static let largest: UInt8 = 16

    /// The size's binary logarithm.
    private var exponent = ReceiveAllocator.smallest
    /// Whether the last read would have fitted into half as much.
    private var wasRoomy = false

    private var size: Int { 1 << Int(self.exponent) }

    func nextBufferSize() -> Int? { self.size }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: self.size)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        if actualReadBytes <= self.size / 2, self.exponent > Self.smallest {
            if self.wasRoomy { self.exponent -= 1 }
            self.wasRoomy.toggle()
            return false
        }
        self.wasRoomy = false
        guard actualReadBytes >= self.size, self.exponent < Self.largest else { return false }
        self.exponent += 1
        return true
    }
}
