// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Why there is no connection to Redis. The raw value is also a metric label.
enum RedisLossReason: String, Sendable, CaseIterable {
    /// It was not started yet.
    case notStarted = "not_started"
    /// No connection could be made.
    case connectFailed = "connect_failed"
    /// The connection was made, but the first commands were not answered in time.
    case handshakeTimeout = "handshake_timeout"
    /// The password, or the user, is wrong or missing.
    case authenticationFailed = "authentication_failed"
    /// The database's number is refused.
    case databaseRefused = "database_refused"
    /// Redis refused a command of the handshake for another reason.
    case handshakeRefused = "handshake_refused"
    /// Redis still loads its data.
    case loading
    /// The server is a replica, or one that has lost its primary.
    case notPrimary = "not_primary"
    /// Nothing came for too long while a command was unanswered.
    case commandTimeout = "command_timeout"
    /// A ping was not answered within its deadline.
    case pingTimeout = "ping_timeout"
    /// A subscription was refused.
    case subscriptionRefused = "subscription_refused"
    /// A node of a cluster knows no sharded Pub/Sub.
    case noShardedPubSub = "no_sharded_pubsub"
    /// A hash slot went to another node of the cluster, and the subscriptions with it.
    case slotMoved = "slot_moved"
    /// A reply came that nothing had asked for.
    case unexpectedReply = "unexpected_reply"
    /// The input is not valid RESP2, or exceeds the limits.
    case protocolViolation = "protocol_violation"
    /// Redis closed the connection.
    case peerClosed = "peer_closed"
    /// The connection broke, or TLS failed.
    case transportFailed = "transport_failed"
    /// The connection is up, but published messages do not arrive.
    case deaf
    /// The sentinels report another address.
    case moved
    /// No sentinel is reachable, so that Redis' address is unknown.
    case sentinelsUnreachable = "sentinels_unreachable"
    /// The sentinels refuse the user or password.
    case sentinelsRefuse = "sentinels_refuse"
    /// No sentinel knows a master of that name.
    case noSuchMaster = "no_such_master"
    /// The server at a sentinel's address is not a sentinel.
    case notSentinel = "not_sentinel"
    /// We closed it because we shut down.
    case shutdown
}

/// A connection's end: the reason, and details for operators. Contains no secret.
struct RedisLoss: Error, Hashable {
    var reason: RedisLossReason
    var detail: String?

    init(_ reason: RedisLossReason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail
    }

    /// The end of a connection by an error of its channel.
    init(_ reason: RedisLossReason, error: any Error) {
        if let loss = error as? RedisLoss {
            self = loss
            return
        }
        self.init(reason, ConnectionFailure.text(error))
    }
}

extension RedisLoss: CustomStringConvertible {
    /// A sentence for an operator.
    var description: String {
        guard let detail else { return self.sentence }
        return "\(self.sentence) (\(detail))"
    }

    private var sentence: String {
        switch self.reason {
        case .notStarted: "There is no connection to Redis yet."
        case .connectFailed: "Redis cannot be connected to; check that it runs and that its URL is right."
        case .handshakeTimeout:
            "Redis took the connection but does not answer; check its load, and that TLS is on at both ends or at neither."
        case .authenticationFailed: "Redis refuses the user or the password of its URL, or wants one that is not there."
        case .databaseRefused: "Redis refuses the database of its URL."
        case .handshakeRefused: "Redis refuses the connection."
        case .loading: "Redis is still loading its data."
        case .notPrimary: "Redis is a replica, or lost its primary; the URL must lead to a primary."
        case .commandTimeout: "Redis did not answer a command in time."
        case .pingTimeout: "Redis did not answer a ping in time."
        case .subscriptionRefused: "Redis refuses a subscription; check the user's channel permissions."
        case .noShardedPubSub: "The cluster's Redis is older than 7.0 and has no sharded Pub/Sub; upgrade it."
        case .slotMoved: "The hash slot is at another node of the cluster."
        case .unexpectedReply: "Redis sent a reply that nothing had asked for."
        case .protocolViolation: "What answers at Redis' address does not speak RESP2 within bounds."
        case .peerClosed: "Redis closed the connection."
        case .transportFailed: "The connection to Redis broke."
        case .deaf: "Nothing that is published comes back from Redis though the connection stands."
        case .moved: "The sentinels say that Redis is elsewhere now."
        case .sentinelsUnreachable:
            "No sentinel can be reached to ask where Redis is; check that they run and that the Redis URL has their hosts "
                + "and ports."
        case .sentinelsRefuse:
            "The sentinels refuse what they are asked; give their own user and password in the Redis URL as "
                + "sentinel-user and sentinel-password, or leave them out where there are none."
        case .noSuchMaster:
            "No sentinel knows a master of the name in the Redis URL; it must be the one that sentinel monitor gives."
        case .notSentinel: "What answers at a sentinel's address is none; sentinels listen on port 26379 as a rule."
        case .shutdown: "The connection to Redis was shut down."
        }
    }
}
