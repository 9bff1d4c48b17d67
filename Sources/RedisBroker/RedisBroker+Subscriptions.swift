// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

extension RedisBroker: RedisSubscriptionDelegate {
    func subscribed(to channel: String) {
        switch ReplyChannel(channel) {
        case .inbox(let node): self.inboxes.subscribed(to: node)
        case .outcomes(let asker): if self.asks.isAsker(asker) { self.asks.subscribed() }
        case nil:
            if !self.probes.subscribed(to: channel), !self.observers.subscribed(to: channel) {
                self.feeds.subscribed(to: channel)
            }
        }
    }

    func message(on channel: String, payload: ByteBuffer) {
        switch ReplyChannel(channel) {
        case .inbox(let node):
            self.inboxes.received(payload, for: node)
        case .outcomes(let asker):
            if self.asks.isAsker(asker), let message = OutcomeMessage(payload) { self.asks.heard(message) }
        case nil:
            // The most frequent kind is checked first; a name is of one kind only.
            if !self.observers.pushed(on: channel, payload: payload),
                !self.feeds.pushed(on: channel, payload: payload)
            {
                _ = self.probes.pushed(on: channel, payload: payload)
            }
        }
    }

    func subscriptionsLost(_ channels: Set<String>, reason: String) {
        self.metrics.subscriptionsLost()
        // Of a refusal the connection has warned, once for all of its attempts.
        let isRefusal = RedisLossReason(rawValue: reason)?.isRefusal ?? false
        self.logger.log(
            level: isRefusal ? .debug : .notice,
            "the subscriptions to Redis are lost until they are made anew",
            metadata: ["reason": "\(reason)"]
        )
        self.probes.subscriptionsLost(channels)
        self.asks.subscriptionsLost(channels, hasOthers: self.client.hasSubscriptions)
        self.feeds.subscriptionsLost(channels)
    }
}
