// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The gateway that QQ's bot SDKs speak (bot.q.qq.com, "WebSocket"), as this relay speaks it. This file is its
/// document: the codes, the flow, the limits and the bytes; `GatewayStateMachine` has the rules.
///
/// Every message is one JSON object in a text frame: `op`, and as it needs them `d` (the data), `s` (the sequence number)
/// and `t` (the type of an event).
///
/// ```
/// server: Hello {"op":10,"d":{"heartbeat_interval":45000}}          at once, before anything else
/// client: Identify {"op":2,"d":{"token","intents","shard"}}          a new session …
/// server: {"op":0,"s":p+1,"t":"READY","d":{"version","session_id","user","shard"}}
/// client: Resume {"op":6,"d":{"token","session_id","seq"}}           … or one that goes on, on any node
/// server: what came after seq, then {"op":0,"s":last,"t":"RESUMED","d":""}
/// server: {"op":0,"s":offset+1,"t","id","d"}                         the events of the bot's channel
/// client: Heartbeat {"op":1,"d":s} or {"op":1,"s":s}, at any time; server: {"op":11}
/// server: Reconnect {"op":7}, then close 4009                        this node drains: come back and resume
/// server: Invalid session {"op":9,"d":false}, then close 4006        resuming is not possible: identify anew
/// ```
///
/// **Sequence.** `s` is the event's offset on its channel plus one, so it is the same on every node and in every session;
/// READY and RESUMED carry the current one. Events that a session's intents or shard leave out make gaps, never repeats.
///
/// **Session id.** The position at which the session began, its intents and its shard, signed: `GatewaySessionID`.
enum GatewayProtocol {
    /// The kind of a message (the platform's documentation, "opcode").
    enum Opcode: Int64 {
        case dispatch = 0
        case heartbeat = 1
        case identify = 2
        case resume = 6
        case reconnect = 7
        case invalidSession = 9
        case hello = 10
        case heartbeatAcknowledgement = 11
    }

    /// A token is at most this long, in bytes; QQ's have some 100.
    static let tokenLimit = 2_048
    /// A session id is at most this long, in bytes.
    static let sessionIDLimit = 256
    /// How deep a client's JSON may nest, the outermost object counted: Identify with its properties needs 3.
    static let depthLimit = 16
    /// The rate limit of a client's messages and bytes: burst, and per second. Over it: close code 4008.
    static let limits = MessageBudget.Limits(
        messageBurst: 120,
        messagesPerSecond: 5,
        byteBurst: 32 << 10,
        bytesPerSecond: 2 << 10
    )
    /// The most bytes of a WebSocket message: above the burst, so that a violation is reported as 4008.
    static let frameLimit = 256 << 10
    /// The shortest silence for which a session is ended: some SDKs beat every 30 s, whatever Hello says.
    static let shortestSilence = TimeAmount.seconds(95)
    /// How many heartbeat intervals a session may be silent.
    static let silentIntervals: Int64 = 3
    /// How many shards a bot may be split into.
    static let shardLimit: Int64 = 4_096

    static let heartbeatAcknowledgement = Self.frame(#"{"op":11}"#)
    static let reconnect = Self.frame(#"{"op":7}"#)
    static let invalidSession = Self.frame(#"{"op":9,"d":false}"#)

    static func hello(heartbeatInterval: TimeAmount) -> ByteBuffer {
        let milliseconds = heartbeatInterval.nanoseconds / 1_000_000
        return Self.frame(#"{"op":10,"d":{"heartbeat_interval":\#(milliseconds)}}"#)
    }

    static func ready(_ session: GatewaySession, id: String, user: GatewayUser) -> ByteBuffer {
        var text = Array(#"{"op":0,"s":\#(Self.sequence(of: session.start.offset)),"t":"READY","d":{"version":1,"#.utf8)
        text += Array(#""session_id":"\#(id)","user":"#.utf8)
        text += user.json
        text += Array(#","shard":[\#(session.shard.index),\#(session.shard.count)]}}"#.utf8)
        return Self.frame(text)
    }

    static func resumed(at offset: UInt64) -> ByteBuffer {
        Self.frame(#"{"op":0,"s":\#(Self.sequence(of: offset)),"t":"RESUMED","d":""}"#)
    }

    /// The number that an event at `offset` carries, and that READY carries when `offset` was the last one.
    static func sequence(of offset: UInt64) -> UInt64 { offset + 1 }

    static func frame(_ text: some Sequence<UInt8>) -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFrameEncoder.appendFrame(.text, payload: ByteBuffer(bytes: text), into: &frame)
        return frame
    }

    private static func frame(_ text: String) -> ByteBuffer { Self.frame(text.utf8) }
}
