// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Passes the pushes of one node's subscription connection on to the cluster's delegate.
final class ClusterNodeSubscriptions: RedisSubscriptionDelegate {
    private let endpoint: ClusterEndpoint
    private let cluster: RedisCluster

    init(of endpoint: ClusterEndpoint, in cluster: RedisCluster) {
        self.endpoint = endpoint
        self.cluster = cluster
    }

    func subscribed(to channel: String) {
        self.cluster.subscribed(to: channel, at: self.endpoint)
    }

    func message(on channel: String, payload: ByteBuffer) {
        // Passed on at once: what arrives before `subscribed` is read from the log.
        self.cluster.message(on: channel, payload: payload, from: self.endpoint)
    }

    func subscriptionsLost(_ channels: Set<String>, reason: String) {
        self.cluster.subscriptionsLost(channels, reason: reason, at: self.endpoint)
    }

    func dropped(_ channels: [String], _ drop: ShardDrop) {
        self.cluster.dropped(channels, drop, at: self.endpoint)
    }
}
