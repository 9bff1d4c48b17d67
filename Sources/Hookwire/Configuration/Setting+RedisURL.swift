// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import RedisBroker

extension Setting<RedisURL> {
    /// Where a Redis is. It may hold a password.
    static func redisURL(_ name: String) -> Setting {
        Setting(
            name: name,
            expectation:
                "a URL such as redis://user:password@host:6379/0, rediss://host for TLS, or unix:///run/redis.sock",
            isSecret: true
        ) { try? RedisURL($0) }
    }
}
