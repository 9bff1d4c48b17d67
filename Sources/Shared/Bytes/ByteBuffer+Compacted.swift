// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

extension ByteBuffer {
    /// The same bytes, copied if they are a small part of the buffer that they were received in: a retained event must
    /// not keep a buffer a thousand times its size alive.
    public func compacted() -> ByteBuffer {
        guard self.keepsMuchMore(than: self.readableBytes) else { return self }
        return ByteBuffer(bytes: self.readableBytesView)
    }

    /// Whether this many bytes are a small part of the buffer's memory.
    func keepsMuchMore(than byteCount: Int) -> Bool {
        self.storageCapacity > 2 * byteCount + 256
    }
}
