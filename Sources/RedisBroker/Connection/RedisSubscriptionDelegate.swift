// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Receives the pushes of subscription connections. Called on a connection's event loop, in order.
protocol RedisSubscriptionDelegate: AnyObject, Sendable {
    /// Redis has confirmed the subscription: from now on messages arrive. Called at least once after each
    /// `RedisNode.subscribe` of the channel, and again after each reconnect.
    func subscribed(to channel: String)

    /// A message, its bytes as published. One in transit may still arrive after an `unsubscribe`.
    func message(on channel: String, payload: ByteBuffer)

    /// A connection is lost: messages on its channels are missed until `subscribed` is called again.
    ///
    /// - Parameters:
    ///   - channels: all channels wanted on that connection.
    ///   - reason: a `RedisLossReason`'s raw value.
    func subscriptionsLost(_ channels: Set<String>, reason: String)

    /// A node of a cluster does not serve these channels, and they are no longer wanted there.
    func dropped(_ channels: [String], _ drop: ShardDrop)
}

extension RedisSubscriptionDelegate {
    /// Only a cluster's nodes drop channels.
    func dropped(_ channels: [String], _ drop: ShardDrop) {}
}
