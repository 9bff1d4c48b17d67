// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Who takes what subscription connections bring. Called on a connection's event loop, in its order.
protocol RedisSubscriptionDelegate: AnyObject, Sendable {
    /// Redis has confirmed: what is published on the channel from now on comes as messages. Told at least once after
    /// each `RedisNode.subscribe` of the channel, and again after each reconnect.
    func subscribed(to channel: String)

    /// A message, its bytes as they were published. One that was under way may still come after an `unsubscribe`.
    func message(on channel: String, payload: ByteBuffer)

    /// A connection is lost, and what is published on its channels until `subscribed` comes again does not come as a
    /// message.
    ///
    /// - Parameters:
    ///   - channels: all that were wanted of that connection.
    ///   - reason: a `RedisLossReason`'s raw value.
    func subscriptionsLost(_ channels: Set<String>, reason: String)

    /// A node of a cluster does not serve these channels, which are wanted of it no more.
    func dropped(_ channels: [String], _ drop: ShardDrop)
}

extension RedisSubscriptionDelegate {
    /// What no Redis but a cluster's does.
    func dropped(_ channels: [String], _ drop: ShardDrop) {}
}
