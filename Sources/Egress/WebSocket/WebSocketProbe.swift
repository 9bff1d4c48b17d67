// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A ping with a number. Its pong comes behind everything that the peer was sent before (RFC 6455 section 5.5.3), and from
/// the peer itself, while what TCP acknowledges may be with a proxy on the way.
enum WebSocketProbe {
    /// The frame that asks.
    static func ping(_ number: UInt64) -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFrameEncoder.appendHeader(.ping, payloadLength: 8, into: &frame)
        frame.writeInteger(number)
        return frame
    }

    /// Which probe a pong answers; nil for one that answers a ping of the heartbeat, or that nobody asked for.
    static func number(ofPong payload: ByteBuffer) -> UInt64? {
        guard payload.readableBytes == 8 else { return nil }
        return payload.getInteger(at: payload.readerIndex)
    }
}
