// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The raw protocol: one frame per event, exactly the request's body; text, or binary if it is not UTF-8. There is no
/// hello and no heartbeat but WebSocket pings. Client frames are answers if the client asked for that (`RawAnswers`),
/// and ignored otherwise.
enum RawProtocol {
    /// What a client may offer in `Sec-WebSocket-Protocol`: a browser that passes its token there needs another
    /// subprotocol for the relay to select.
    static let subprotocol = "hookwire.raw"

    /// The frames of events, one after the other.
    static func frames(_ entries: ArraySlice<LogEntry>) -> ByteBuffer {
        let capacity = entries.reduce(0) { sum, entry in
            let length = entry.event.body.readableBytes
            return sum + WebSocketFrameEncoder.headerLength(payloadLength: length) + length
        }
        var frames = ByteBuffer()
        frames.reserveCapacity(capacity)
        for entry in entries {
            WebSocketFrameEncoder.appendFrame(
                entry.event.bodyIsUTF8 ? .text : .binary,
                payload: entry.event.body,
                into: &frames
            )
        }
        return frames
    }
}
