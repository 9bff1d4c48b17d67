// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Leases a part of a bot's limit of requests: the generic cell rate algorithm (ITU-T I.371, annex A), by Redis' clock.
    ///
    /// Key 1 is the time in µs at which all that was leased will have been due.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the time of one request, in µs |
    /// | 2 | how many requests may come at once |
    /// | 3 | how many requests to lease, at most |
    /// | 4 | how far ahead a lease may be, in µs: a node that asks a little late loses nothing |
    ///
    /// It returns how many requests are leased, and in how many µs it is worth asking again where they are fewer.
    static let lease = RedisScript(
        """
        local each, burst, wanted, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]
        local depth = burst * each + ahead
        -- A limit that was larger, or a clock that was set back, leaves it no further away than this one can.
        local due = math.min(math.max(tonumber(redis.call('GET', KEYS[1])) or 0, now), now + depth)
        local amount = math.min(wanted, math.floor((depth - (due - now)) / each + 0.000001))
        if amount > 0 then
            due = due + amount * each
            redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1000)
        end
        -- It is worth it for half of what may be ahead; whoever asks by then that late again loses nothing.
        local portion = math.max(1, math.min(wanted, math.floor(ahead / each / 2)))
        return {amount, math.max(1000, math.ceil(due + portion * each - depth - now))}
        """
    )

    /// Takes one of a bot's seats for a node.
    ///
    /// Key 1 is a hash of `<count> <end in ms>`, by node: what a node does not renew is over, and forgotten here.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the node |
    /// | 2 | how many seats there are |
    /// | 3 | how long the node's seats are its own without being renewed, in ms |
    ///
    /// It returns 1, or 0 where all are taken.
    static let takeSeat = RedisScript(
        """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local all, own = 0, 0
        local seats = redis.call('HGETALL', KEYS[1])
        for i = 1, #seats, 2 do
            local count, over = string.match(seats[i + 1], '^(%d+) (%d+)$')
            if not count or tonumber(over) <= now then
                redis.call('HDEL', KEYS[1], seats[i])
            else
                all = all + tonumber(count)
                if seats[i] == ARGV[1] then own = tonumber(count) end
            end
        end
        if all >= tonumber(ARGV[2]) then
            return 0
        end
        redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %.0f', own + 1, now + ARGV[3]))
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        """
    )

    /// Says how many of a bot's seats a node has, and that it still has them. Key 1 is as for `takeSeat`.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the node |
    /// | 2 | how many seats it has; 0 for none any more |
    /// | 3 | for how long without being renewed, in ms |
    static let renewSeats = RedisScript(
        """
        if ARGV[2] == '0' then
            return redis.call('HDEL', KEYS[1], ARGV[1])
        end
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %.0f', ARGV[2], now + ARGV[3]))
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        """
    )
}
