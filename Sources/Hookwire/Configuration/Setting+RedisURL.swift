// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import RedisBroker

extension Setting<RedisDeployment> {
    /// Where the Redis are. It may hold passwords.
    static func redisURL(_ name: String) -> Setting {
        Setting(
            name: name,
            expectation:
                "a URL such as redis://user:password@host:6379/0, rediss://host for TLS, unix:///run/redis.sock, "
                + "redis+sentinel://host1:26379,host2:26379/mymaster/0 by way of sentinels, "
                + "redis+cluster://host1:6379,host2:6379 for a Redis Cluster, or several URLs of independent Redis with "
                + "commas between them",
            isSecret: true
        ) { try? RedisDeployment($0) }
    }
}

extension Setting<RedisWait> {
    /// How many replicas must have an event before it is acknowledged, and how long they may take.
    static let redisWait = Setting(
        name: "redis-wait",
        expectation: "a number of replicas from 1 to \(RedisWait.mostReplicas), and behind a colon, where "
            + "\(RedisWait.defaultMilliseconds) ms are not right, how many milliseconds they may take, from 10 to "
            + "\(RedisWait.longestMilliseconds), such as 1 or 2:250"
    ) { RedisWait($0) }
}
