// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A numbered ping. Its pong confirms that the peer itself has read everything sent before (RFC 6455 section 5.5.3),
/// while TCP acknowledgements may come from a proxy.
enum WebSocketProbe {
    /// The probe's ping frame.
    static func ping(_ number: UInt64) -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFrameEncoder.appendHeader(.ping, payloadLength: 8, into: &frame)
        frame.writeInteger(number)
        return frame
    }

    /// Which probe a pong answers; nil for the pong of a heartbeat's ping, or an unsolicited one.
    static func number(ofPong payload: ByteBuffer) -> UInt64? {
        guard payload.readableBytes == 8 else { return nil }
        return payload.getInteger(at: payload.readerIndex)
    }
}
