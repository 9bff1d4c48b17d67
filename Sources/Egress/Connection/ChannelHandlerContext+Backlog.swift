// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much of what was written to a connection still waits. On the channel's event loop.
extension ChannelHandlerContext {
    /// The bytes that wait to be sent. A writable channel counts as empty: it holds less than the high watermark.
    var backlog: Int {
        let channel = self.channel
        return channel.isWritable ? 0 : channel.bufferedBytes
    }

    /// How many bytes wait to be given to the system; nil for a connection that is gone.
    var queuedBytes: Int? {
        let channel = self.channel
        return channel.isActive ? channel.bufferedBytes : nil
    }
}

extension Channel {
    fileprivate var bufferedBytes: Int {
        // Only a channel that is closed has no answer, and there is no queue any more.
        (try? self.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
