// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The owner of a socket: gives it frames to send and receives its messages. All calls come on the socket's event loop.
/// The handler retains its owner until `ended`, so the two may reference each other.
protocol WebSocketOwner: AnyObject {
    /// A whole message of the client. Never called after `ended`, nor on a socket that discards messages.
    func messageReceived(_ message: WebSocketMessage)

    /// The client has read everything that was sent before a probe (`WebSocketHandler.probe`).
    func probeAnswered(_ number: UInt64)

    /// The socket has stopped taking frames: exactly once, whichever side ended it, and possibly from within the
    /// owner's own `send`, `close` or `heartbeat`. The connection itself lives on for up to the close time-out; the
    /// channel's `closeFuture` tells when it is gone.
    func ended(_ reason: SocketEndReason)

    /// The channel went from not writable to writable: what waits to be sent is below the low watermark. For owners
    /// that page through a log.
    func becameWritable()

    /// The queue has grown above the high watermark, or fallen below the low one.
    func queueCrossedWatermark(isBehind: Bool)
}

extension WebSocketOwner {
    func probeAnswered(_ number: UInt64) {}
    func becameWritable() {}
    func queueCrossedWatermark(isBehind: Bool) {}
}
