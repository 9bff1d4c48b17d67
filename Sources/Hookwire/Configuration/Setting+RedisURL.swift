// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import RedisBroker

extension Setting<RedisDeployment> {
    /// Where a Redis, or a cluster, is. It may hold a password.
    static func redisURL(_ name: String) -> Setting {
        Setting(
            name: name,
            expectation:
                "a URL such as redis://user:password@host:6379/0, rediss://host for TLS, unix:///run/redis.sock, or "
                + "redis+cluster://host:6379,host:6379",
            isSecret: true
        ) { try? RedisDeployment($0) }
    }
}
