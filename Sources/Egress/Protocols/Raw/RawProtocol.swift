// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// How a raw socket speaks: one frame an event, exactly the request's body; text, or binary where it is no UTF-8.
/// There is no hello and no heartbeat but the WebSocket's own. What the client sends is an answer where it asked to give
/// some (`RawAnswers`), and is ignored otherwise.
enum RawProtocol {
    /// What a client may offer in `Sec-WebSocket-Protocol`: a browser that offers its token there needs another subprotocol
    /// beside it, which the relay can choose.
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
