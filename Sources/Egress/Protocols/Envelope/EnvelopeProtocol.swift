// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The protocol of an envelope socket: the WebSocket subprotocol `cloudevents.json` (CloudEvents 1.0, WebSockets
/// protocol binding). This file has its limits; `docs/envelope.md` is its document, `EnvelopeStateMachine` has the
/// rules.
///
/// ```
/// server: {"specversion":"1.0","id",…,"position","replytoken",…,"data"}        an event
/// client: {"type":"reply","token",…,"ref"}                                     an answer to one, or …
/// client: {"type":"ping","ref"}
/// server: {"specversion":"1.0",…,"type":"hookwire.reply_result","outcome",…}   what became of it
/// server: {…"hookwire.pong","position"} {…"hookwire.error","reason"} {…"hookwire.recovery","recovered","position"}
/// ```
enum EnvelopeProtocol {
    /// What the client offers in `Sec-WebSocket-Protocol`.
    static let subprotocol = "cloudevents.json"
    /// The most bytes of a message: a reply with the largest body in base64, and its fields.
    static let frameLimit = 3 << 19
    /// The rate limit of a client's messages, which allows a bot to answer a thousand events at once; over it: 1008.
    static let limits = MessageBudget.Limits(
        messageBurst: 4_096,
        messagesPerSecond: 2_000,
        byteBurst: 8 << 20,
        bytesPerSecond: 4 << 20
    )
    /// The rate limit of a client's invalid frames, each of which is answered with an error; over it: 1008.
    static let faults = MessageBudget.Limits(
        messageBurst: 16,
        messagesPerSecond: 1,
        byteBurst: .max,
        bytesPerSecond: 0
    )
    /// How many replies of one socket may be in flight.
    static let replyLimit = 4_096

    /// A text frame.
    static func frame(_ text: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFrameEncoder.appendFrame(.text, payload: ByteBuffer(bytes: text), into: &frame)
        return frame
    }
}
