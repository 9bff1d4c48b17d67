// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The names of the commands and pushes of a kind of Pub/Sub.
struct PubSubWords: Sendable {
    var subscribe: String
    var unsubscribe: String
    // The kinds of arrays that come, each in its first element.
    var message: ByteBuffer
    var subscribed: ByteBuffer
    var unsubscribed: ByteBuffer

    /// Messages are broadcast to all nodes.
    static let plain = PubSubWords(
        subscribe: "SUBSCRIBE",
        unsubscribe: "UNSUBSCRIBE",
        message: ByteBuffer(string: "message"),
        subscribed: ByteBuffer(string: "subscribe"),
        unsubscribed: ByteBuffer(string: "unsubscribe")
    )

    /// A channel lies in a hash slot, as a key does, and its messages stay with the node that has the slot (redis.io,
    /// "Redis Pub/Sub", "Sharded Pub/Sub"; since 7.0).
    static let sharded = PubSubWords(
        subscribe: "SSUBSCRIBE",
        unsubscribe: "SUNSUBSCRIBE",
        message: ByteBuffer(string: "smessage"),
        subscribed: ByteBuffer(string: "ssubscribe"),
        unsubscribed: ByteBuffer(string: "sunsubscribe")
    )
}
