// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Stores an event and pushes it to the channel's feeds.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1 | the log: a stream whose ids are the offsets, each entry the time `t` it was stored, in µs, and the event `e` |
    /// | 2 | its meta: `epoch`; `offset` and `time` of the newest event; `until` when the log must be there; `next` care |
    /// | 3 | the Pub/Sub channel |
    /// | 4 | the event's duplicate key |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the event |
    /// | 2 | a random epoch, for a log that needs a new one |
    /// | 3, 4 | the last epoch and offset that the caller knows of here; an empty epoch where it knows none |
    /// | 5 | the key's lifetime in ms; 0 for no key |
    /// | 6 | how many events the log retains |
    /// | 7 | their age in µs |
    /// | 8 | how long the meta outlives the log, in ms |
    /// | 9 | the largest event, in bytes, that is pushed; of a larger one only the news |
    ///
    /// It returns epoch and offset and how many nodes it was pushed to, or nil where the key is known.
    ///
    /// The duplicate key is set behind the append: should the append fail, the platform's next attempt is not taken for
    /// a duplicate. Trimming by count is exact, for it costs no more than the approximate one (a deleted entry is a flag
    /// in its node). Trimming by age, and the keys' expiry, are taken care of 16 times an age, so that an event costs a
    /// constant amount of it; who reads looks at each event's own time.
    static let publish = RedisScript(
        """
        local log, meta, feed, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local event, fresh, lifetime, count, age = ARGV[1], ARGV[2], ARGV[5], ARGV[6], tonumber(ARGV[7])
        if lifetime ~= '0' and redis.call('EXISTS', seen) == 1 then
            return false
        end

        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local known = redis.call('HMGET', meta, 'epoch', 'offset', 'until', 'next')
        local epoch, offset, care = known[1], tonumber(known[2]) or 0, tonumber(known[4]) or 0
        local may_create = true
        if not epoch then
            redis.call('DEL', log)
            epoch, offset, care = fresh, 0, 0
        else
            -- Where events are due to be in the log, XADD must not make a new one.
            may_create = now >= (tonumber(known[3]) or 0)
            if epoch == ARGV[3] and offset < tonumber(ARGV[4]) then
                -- The store is an older copy of itself. What it has is good, but its offsets count again: a new name.
                epoch = fresh
            end
        end

        local function append(create)
            local id = string.format('%.0f-0', offset + 1)
            if create then
                return redis.pcall('XADD', log, 'MAXLEN', count, id, 't', now, 'e', event)
            end
            return redis.pcall('XADD', log, 'NOMKSTREAM', 'MAXLEN', count, id, 't', now, 'e', event)
        end
        local stored = append(may_create)
        if type(stored) == 'table' and stored.err and string.find(stored.err, 'equal or smaller', 1, true) then
            redis.call('DEL', log)
            stored = false
        end
        if not stored then
            -- The log was lost, or is not the one that the meta belongs to.
            epoch, offset, care = fresh, 0, 0
            stored = append(true)
        end
        if type(stored) == 'table' and stored.err then
            return stored
        end
        offset = offset + 1

        redis.call('HSET', meta, 'epoch', epoch, 'offset', offset, 'time', now)
        if lifetime ~= '0' then
            redis.call('SET', seen, 1, 'PX', lifetime)
        end
        if now >= care then
            local pause = math.ceil(age / 16)
            local function is_old(entry)
                return tonumber(entry[2][2]) < now - age
            end
            local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
            if is_old(first) then
                -- Offsets have no gaps, and times ascend: the first that is young is found by halving.
                local low, high = tonumber(string.match(first[1], '%d+')) + 1, offset
                while low < high do
                    local middle = math.floor((low + high) / 2)
                    local entry = redis.call('XRANGE', log, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
                    if is_old(entry) then low = middle + 1 else high = middle end
                end
                redis.call('XTRIM', log, 'MINID', string.format('%.0f', low))
            end
            redis.call('HSET', meta, 'until', now + age + pause, 'next', now + pause)
            redis.call('PEXPIRE', log, math.ceil((age + 2 * pause) / 1000))
            redis.call('PEXPIRE', meta, math.ceil(age / 1000) + tonumber(ARGV[8]))
        end

        if #event > tonumber(ARGV[9]) then event = '' end
        local feeds = redis.call('PUBLISH', feed, epoch .. struct.pack('>I8I8', offset, now) .. event)
        return {epoch, offset, feeds}
        """
    )
}
