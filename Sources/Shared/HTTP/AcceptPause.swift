// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Stops accepting for a while when the system is out of descriptors or memory for a connection.
///
/// The listening socket stays readable meanwhile, and retrying at once would spin. NIO's `AcceptBackoffHandler` delays
/// reads, but a failed accept leaves the last read pending, so that no new read is requested and nothing is delayed;
/// turning auto-read off deregisters the socket from the selector.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long accepting is paused.
    private static let duration = TimeAmount.milliseconds(500)

    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError, !self.isPaused else { return context.fireErrorCaught(error) }
        self.isPaused = true
        self.setReading(false, context: context)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.duration) {
            self.isPaused = false
            self.setReading(true, context: context)
        }
    }

    private func setReading(_ isOn: Bool, context: ChannelHandlerContext) {
        // Fails only on a closed channel, which accepts nothing anyway.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
