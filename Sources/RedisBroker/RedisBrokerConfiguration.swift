// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Shared

/// What a `RedisBroker` stores, and how it checks its feeds.
public struct RedisBrokerConfiguration: Sendable {
    /// How Redis is reached.
    public var redis: RedisConfiguration
    /// Further Redis that share the channels with it, in the order that all nodes have them in. Default none.
    public var others: [RedisConfiguration] = []
    /// How many events a channel retains at most. The same on all nodes. Default 1,000.
    public var retentionCount = 1_000
    /// How long an event is retained, in milliseconds. The same on all nodes. Default one hour.
    public var retentionAgeMilliseconds: Int64 = 60 * 60 * 1000
    /// Whether this node feeds sockets. Without, as on an ingress node, nothing is subscribed until an inbox is opened,
    /// and the health does not speak of subscriptions until then. Default true.
    public var feeds = true
    /// How long a feed may take to begin; then it fails. Default 2 s.
    public var feedTimeout = TimeAmount.seconds(2)
    /// The largest event, in bytes, whose bytes are pushed to the feeds. Of a larger one they get the news and read it
    /// from the log: Redis drops a subscriber whose queue of pushes gets long. Default 64 KiB.
    public var pushLimit = 64 << 10
    /// After this many seconds of silence a feed checks whether it missed an event; while it stays quiet and has missed
    /// nothing, up to eight times less often. Default 30.
    public var checkSeconds = 30
    /// How long the node that a request waits on may take to say what it made of a reply. Default 2 s.
    public var replyTimeout = TimeAmount.seconds(2)
    /// How often a probe is published. Default 5 s.
    public var probeInterval = TimeAmount.seconds(5)
    /// How long a probe may take to come back; then the subscriptions count as deaf and are reconnected. Default 5 s.
    public var probeTimeout = TimeAmount.seconds(5)

    /// The defaults for a Redis.
    public init(redis: RedisConfiguration) {
        self.redis = redis
    }

    /// The defaults for all Redis that a relay works with.
    ///
    /// - Throws: `RedisConfigurationError` where a file that is named cannot be used. This reads files.
    public init(_ deployment: RedisDeployment) throws(RedisConfigurationError) {
        let configurations = try deployment.configurations()
        self.redis = configurations[0]
        self.others = Array(configurations.dropFirst())
    }
}

extension RedisBrokerConfiguration {
    /// Says how many replicas must have an event before it counts as stored, at each Redis.
    public mutating func wait(for wait: RedisWait?) {
        self.redis.wait = wait
        for index in self.others.indices { self.others[index].wait = wait }
    }

    /// How long a channel's position is remembered after its last event has aged out, in milliseconds: a bot that
    /// reconnects within this time learns that it missed nothing, instead of that its position is invalid. A day.
    static let positionLifetimeMilliseconds: Int64 = 24 * 60 * 60 * 1000

    /// How long a channel's position, and where its consumers and groups are, is remembered, in milliseconds.
    var metaLifetimeMilliseconds: Int64 { self.retentionAgeMilliseconds + Self.positionLifetimeMilliseconds }

    /// How long dead letters are remembered, in milliseconds; at most a year.
    var deadLetterAgeMilliseconds: Int64 {
        min(self.retentionAgeMilliseconds, 365 * Self.positionLifetimeMilliseconds / DeadLetter.retentionFactor)
            * DeadLetter.retentionFactor
    }

    /// The largest event that can be stored and read back, in bytes.
    var eventLimit: Int {
        min(self.redis.limits.bulkBytes, self.redis.maximumPendingBytes) - (64 << 10)
    }
}
