// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much written data is still queued on a connection. On the channel's event loop.
extension ChannelHandlerContext {
    /// The bytes that wait to be sent. A writable channel counts as empty: it holds less than the high watermark.
    var backlog: Int {
        let channel = self.channel
        return channel.isWritable ? 0 : channel.bufferedBytes
    }

    /// How many bytes have not been handed to the kernel yet; nil for a closed connection.
    var queuedBytes: Int? {
        let channel = self.channel
        return channel.isActive ? channel.bufferedBytes : nil
    }
}

extension Channel {
    fileprivate var bufferedBytes: Int {
        // Fails only on a closed channel, which has no write queue.
        (try? self.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
