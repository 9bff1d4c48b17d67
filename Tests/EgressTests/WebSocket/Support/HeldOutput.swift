// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded

/// The kernel of a slow client: holds what was flushed until it is let go, and counts the reads that reach it. Of a client
/// that is gone: finds that out when something is written.
final class HeldOutput: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var isHeld = false
    private(set) var reads = 0
    /// Whether the connection breaks when something is flushed.
    var breaks = false

    func flush(context: ChannelHandlerContext) {
        if self.breaks { return context.close(promise: nil) }
        if !self.isHeld { context.flush() }
    }

    func read(context: ChannelHandlerContext) {
        self.reads += 1
        context.read()
    }

    /// From here nothing is sent, and the channel is not writable.
    func hold(_ channel: EmbeddedChannel) {
        self.isHeld = true
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// Sends what was held; the channel becomes writable, or not yet.
    func release(_ channel: EmbeddedChannel, becomesWritable: Bool = true) {
        self.isHeld = false
        channel.flush()
        guard becomesWritable else {
            self.isHeld = true
            return
        }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
    }
}
