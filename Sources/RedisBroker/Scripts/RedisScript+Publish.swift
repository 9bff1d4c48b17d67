// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Stores an event and pushes it to the channel's feeds.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1 | the log: a stream whose ids are the offsets, each entry the time `t` it was stored, in µs, and the event `e` |
    /// | 2 | its meta: `epoch`; `offset` and `time` of the newest event; `until` when the log must be there; `next` care; `was`, see `read`; `letter`, see `take` |
    /// | 3 | the Pub/Sub channel |
    /// | 4 | the event's duplicate key |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the event |
    /// | 2 | a random epoch, for a log that needs a new one |
    /// | 3, 4 | the last epoch and offset that the caller knows of here; an empty epoch where it knows none |
    /// | 5 | the key's lifetime in ms; 0 for no key |
    ///
    /// It returns epoch and offset and how many nodes it was pushed to, with a space between them, or nil where the key is
    /// known.
    ///
    /// Should the append fail, the duplicate key is forgotten again, so that the platform's next attempt is not taken
    /// for a duplicate. If Redis is full, see `makesRoom`. Trimming by count is exact, for it costs no more than the
    /// approximate one (a deleted entry is a flag in its node). Trimming by age, and the keys' expiry, are taken care
    /// of 16 times an age, so that an event costs a constant amount of it; who reads looks at each event's own time.
    ///
    /// Every event pays for this script in the one Redis that all nodes share, and there each call of a command, each
    /// argument and each number that becomes text counts: hence the settings are part of the text, the key is looked up
    /// and set in one step, and numbers are written once. A string is hashed whenever one is made, the event's too.
    static func publish(_ settings: PublishSettings) -> RedisScript {
        self.publish(settings, keeping: .all(settings))
    }

    /// With replication, a known key is rewritten with its remaining time: WAIT covers only the connection's own
    /// writes, and the duplicate may come on another connection than the original.
    private static let repeated = "if not new then call('SET', seen, '1', 'XX', 'KEEPTTL') end\n        "

    /// Sets the duplicate key again after making room in a full Redis; nothing is removed for a key that is known.
    private static func keyAgain(_ keeping: Keeping) -> String {
        """
        if new and string.find(new.err, 'OOM ', 1, true) then
            \(self.makesRoom(keeping))
            if not call('GET', seen) and makes_room() then new = pcall('SET', seen, '1', 'PX', lifetime, 'NX') end
        end

        """
    }

    /// Appends an event without a duplicate key again after making room in a full Redis.
    private static func eventAgain(_ keeping: Keeping) -> String {
        """
        if stored and string.find(stored.err, 'OOM ', 1, true) then
            \(self.makesRoom(keeping))
            if makes_room() then
                stored = pcall(
                    'XADD', log, 'NOMKSTREAM', 'MAXLEN', '\(keeping.count)', digits .. '-0', 't', time, 'e', event
                )
            end
        end

        """
    }

    static func publish(_ settings: PublishSettings, keeping: Keeping) -> RedisScript {
        RedisScript(
            """
            \(keeping.arguments)local log, meta, feed, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
            local event, fresh, lifetime = ARGV[1], ARGV[2], ARGV[5]
            local call, pcall = redis.call, redis.pcall

            local known = call('HMGET', meta, 'epoch', 'offset', 'next')
            if lifetime ~= '0' then
                local new = pcall('SET', seen, '1', 'PX', lifetime, 'NX')
                if not new or new.err then
                    \(settings.makesRoom ? Self.keyAgain(keeping) : "")if not new or new.err then
                        \(settings.waits ? Self.repeated : "")return new
                    end
                end
            end

            local clock = call('TIME')
            local now = clock[1] * 1000000 + clock[2]
            local time = clock[1] .. (#clock[2] == 6 and clock[2] or string.sub('00000' .. clock[2], -6))
            local epoch, offset, care = known[1], tonumber(known[2]) or 0, tonumber(known[3]) or 0
            if not epoch then
                call('DEL', log)
                epoch, offset, care = fresh, 0, 0
            elseif epoch == ARGV[3] and offset < tonumber(ARGV[4]) then
                -- The store is an older copy of itself. What it has is good, but its offsets count again: a new name.
                epoch = fresh
            end

            \(keeping.preparation)offset = offset + 1
            -- %d is the faster one, and has 32 bits where Redis has.
            local digits = string.format(offset < 2^31 and '%d' or '%.0f', offset)
            -- Where events are due to be in the log, XADD must not make a new one.
            local stored = pcall(
                'XADD', log, 'NOMKSTREAM', 'MAXLEN', '\(keeping.count)', digits .. '-0', 't', time, 'e', event
            )
            if type(stored) ~= 'string' then
                \(settings.makesRoom ? Self.eventAgain(keeping) : "")local is_behind =
                    type(stored) == 'table' and string.find(stored.err, 'equal or smaller', 1, true)
                if is_behind or (not stored and known[1] and now < (tonumber(call('HGET', meta, 'until')) or 0)) then
                    -- The log was lost, or is not the one that the meta belongs to.
                    call('DEL', log)
                    epoch, offset, care, digits = fresh, 1, 0, '1'
                end
                if is_behind or not stored then
                    stored = pcall(
                        'XADD', log, 'MAXLEN', '\(keeping.count)', digits .. '-0', 't', time, 'e', event
                    )
                end
                if type(stored) ~= 'string' then
                    if lifetime ~= '0' then call('DEL', seen) end
                    return stored
                end
            end

            if epoch == known[1] then
                call('HSET', meta, 'offset', digits, 'time', time)
            else
                local was = string.format('%s %.0f', known[1] or '0', offset - 1)
                call('HSET', meta, 'epoch', epoch, 'offset', digits, 'time', time, 'was', was)
            end
            if now >= care then
                local age = \(keeping.age)
                local pause = math.ceil(age / 16)
                local function is_old(entry)
                    return tonumber(entry[2][2]) < now - age
                end
                local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
                if is_old(first) then
                    -- Offsets have no gaps, and times ascend: the first that is young is found by halving.
                    local low, high = tonumber(string.match(first[1], '%d+')) + 1, offset
                    while low < high do
                        local middle = math.floor((low + high) / 2)
                        local entry = call('XRANGE', log, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
                        if is_old(entry) then low = middle + 1 else high = middle end
                    end
                    \(keeping.beforeExpiry)call('XTRIM', log, 'MINID', string.format('%.0f', low))
                end
                call('HSET', meta, 'until', now + age + pause, 'next', \(keeping.next))
                call('PEXPIRE', log, math.ceil((age + 2 * pause) / 1000))
                call('PEXPIRE', meta, math.ceil(age / 1000) + \(settings.positionLifetimeMilliseconds))
            end

            \(keeping.trimming)if #event > \(settings.pushLimit) then event = '' end
            local feeds = call('\(settings.push)', feed, epoch .. struct.pack('>I8I8', offset, now) .. event)
            return epoch .. ' ' .. digits .. ' ' .. string.format('%d', feeds)
            """
        )
    }
}
