// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Who takes what the subscription connection brings. Called on that connection's event loop, in order.
protocol RedisSubscriptionDelegate: AnyObject, Sendable {
    /// Redis has confirmed: what is published on the channel from now on comes as messages. Told at least once after
    /// each `RedisClient.subscribe` of the channel, and again after each reconnect.
    func subscribed(to channel: String)

    /// A message, its bytes as they were published. One that was under way may still come after an `unsubscribe`.
    func message(on channel: String, payload: ByteBuffer)

    /// The connection is lost, and what is published until `subscribed` comes again does not come as a message.
    ///
    /// - Parameter reason: a `RedisLossReason`'s raw value.
    func subscriptionsLost(reason: String)
}
