// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

extension ByteBuffer {
    /// The same bytes, in memory of their own where they are a small part of the buffer that they were received in: what
    /// is kept for a while must not keep a thousand times its bytes.
    public func compacted() -> ByteBuffer {
        guard self.keepsMuchMore(than: self.readableBytes) else { return self }
        return ByteBuffer(bytes: self.readableBytesView)
    }

    /// Whether so many bytes are a small part of the memory that this holds on to.
    func keepsMuchMore(than byteCount: Int) -> Bool {
        self.storageCapacity > 2 * byteCount + 256
    }
}
