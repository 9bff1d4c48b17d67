// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// A piece of a script's text: a function that says the offset of a log's oldest event, or of the next one, from the meta's
    /// `offset`; and the event.
    static let firstOffset = """
        local function first_offset(log, newest)
            local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
            return first and tonumber(string.match(first[1], '%d+')) or 1 + (tonumber(newest) or 0), first
        end
        """

    /// Moves the cursor of a consumer.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1 | the log's meta, as for `publish` |
    /// | 2 | the cursors: a hash of `<epoch> <offset>`, by `c:<consumer>` |
    /// | 3 | the log, as for `publish` |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the consumer; empty for anybody |
    /// | 2, 3 | epoch and offset of the position |
    /// | 4 | how many cursors there may be |
    /// | 5 | how long they are kept from now on, in ms, and by as much longer as the channel's own age |
    /// | 6 | a random epoch, for a log that needs a new one |
    ///
    /// A position after the log's newest event proves that the store was rolled back, since a consumer received that
    /// event: the cursor is not moved, and the log gets a new epoch, as in `read`.
    ///
    /// It returns 1, or 0 where there are too many. Where there are, those are forgotten whose next event is not retained
    /// any more: who comes back under such a name begins with the oldest one that is, as with its cursor.
    static let moveCursor = RedisScript(
        """
        \(ownAge)
        \(firstOffset)
        local meta, cursors, log = KEYS[1], KEYS[2], KEYS[3]
        local field, epoch, offset = 'c:' .. ARGV[1], ARGV[2], tonumber(ARGV[3])
        local known = redis.call('HMGET', meta, 'epoch', 'offset', 'kept')
        if known[1] ~= epoch then
            return 1
        end
        if offset > (tonumber(known[2]) or 0) then
            redis.call('HSET', meta, 'epoch', ARGV[6], 'was', epoch .. ' ' .. (known[2] or '0'))
            return 1
        end
        local lifetime = ARGV[5] + math.ceil((own_age(known[3], known[2]) or 0) / 1000)
        local present = redis.call('HGET', cursors, field)
        local function is_full()
            return redis.call('HLEN', cursors) - redis.call('HEXISTS', cursors, 'c:') >= tonumber(ARGV[4])
        end
        if not present and ARGV[1] ~= '' and is_full() then
            local first, all = first_offset(log, known[2]), redis.call('HGETALL', cursors)
            for i = 1, #all, 2 do
                local at = string.sub(all[i + 1], 1, 16) == epoch and tonumber(string.sub(all[i + 1], 18)) or -1
                if all[i] ~= 'c:' and at + 1 < first then redis.call('HDEL', cursors, all[i]) end
            end
        end
        if present then
            if string.sub(present, 1, 16) == epoch and tonumber(string.sub(present, 18)) >= offset then
                redis.call('PEXPIRE', cursors, lifetime)
                return 1
            end
        elseif ARGV[1] ~= '' and is_full() then
            return 0
        end
        redis.call('HSET', cursors, field, string.format('%s %.0f', epoch, offset))
        redis.call('PEXPIRE', cursors, lifetime)
        return 1
        """
    )
}
