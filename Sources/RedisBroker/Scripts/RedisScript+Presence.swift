// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Puts up a report of connections, or takes it away, and clears what nodes that are gone have left.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1 | the reports of a channel: a hash of `<time> <report>`, by place |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the place |
    /// | 2 | the time, in ms since 1970: 13 digits |
    /// | 3 | the report; empty to take it away |
    /// | 4 | how long a report counts, in ms |
    static let postPresence = RedisScript(
        """
        local key, place, time, lifetime = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[4])
        if ARGV[3] == '' then
            return redis.call('HDEL', key, place)
        end
        redis.call('HSET', key, place, time .. ' ' .. ARGV[3])
        redis.call('PEXPIRE', key, lifetime)
        if redis.call('HLEN', key) > 16 then
            local reports = redis.call('HGETALL', key)
            for i = 1, #reports, 2 do
                if tonumber(string.sub(reports[i + 1], 1, 13)) < tonumber(time) - lifetime then
                    redis.call('HDEL', key, reports[i])
                end
            end
        end
        return 1
        """
    )
}
