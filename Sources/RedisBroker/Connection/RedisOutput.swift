// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A connection's output buffer: all commands of a tick, for one write and one flush.
struct RedisOutput {
    /// A buffer that grew larger than this is not kept for the next tick.
    private static let keptBytes = 64 << 10

    private var buffer = ByteBuffer()

    var isEmpty: Bool { self.buffer.readableBytes == 0 }

    mutating func append(_ command: RESPCommand) {
        RESPWriter.write(command, into: &self.buffer)
    }

    /// What is to be written now. Call `written` when it has been handed to the channel.
    func take() -> ByteBuffer { self.buffer }

    /// Makes room for the next tick, in the same memory where the channel no longer needs it.
    mutating func written() {
        if self.buffer.capacity > Self.keptBytes {
            self.buffer = ByteBuffer()
        } else {
            self.buffer.clear()
        }
    }
}
