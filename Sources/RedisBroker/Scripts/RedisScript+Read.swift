// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Reads a log from a position, and says where the log stands.
    ///
    /// Keys 1 and 2 are the log and its meta, as for `publish`.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | a random epoch, for a log that needs a new one |
    /// | 2 | epoch of the position; empty for none |
    /// | 3 | its offset |
    /// | 4 | when the event at the position was stored, in µs; empty where the caller does not know |
    /// | 5 | how many events at most; 0 for the log's head only |
    /// | 6 | how many bytes of events, at most; one event is always read |
    /// | 7 | the age in µs behind which events are passed over; 0 for none |
    /// | 8 | how long the meta is kept from now on, in ms, and by as much longer as the channel's own age, or as its log is |
    ///
    /// It returns a status, epoch, offset and time of the newest event, the offset after which the events below begin,
    /// and the events, as `XRANGE` returns them. The status is `ok`, or `epoch_changed`, `trimmed`, `ahead` if the log
    /// cannot be read from the position.
    ///
    /// With a time (argument 4) the position is a feed's own: it was there. If the log is behind it, or has another
    /// event at its offset, then the store is an older copy of itself (a snapshot from before a crash, a replica that
    /// lagged): the log gets a new epoch, so that its offsets are not confused with the lost ones. A feed also gets the
    /// events to continue with: from the oldest one left, and in a new epoch those that it cannot have received: that
    /// were stored after its position's time, or have a later offset, or came when the log had the new name already.
    /// The meta's `was` is the log's epoch before, and the offset behind which all has come under the new one.
    ///
    /// A channel without a log gets an epoch here, so that a feed that begins has a position. One that has a log is
    /// read also where Redis takes no writes, for want of replicas or of a disk; but not from a replica.
    static let read = RedisScript(
        """
        \(ownAge)
        local log, meta = KEYS[1], KEYS[2]
        local fresh, epoch, offset, age = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[7])
        local limit, bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
        local is_feed, since = ARGV[4] ~= '', tonumber(ARGV[4]) or 0
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]

        local known = redis.call('HMGET', meta, 'epoch', 'offset', 'time', 'until', 'kept', 'was')
        local current, head, time = known[1], tonumber(known[2]) or 0, known[3] or '0'
        local first, entry
        local function oldest()
            local entry = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
            return entry and tonumber(string.match(entry[1], '%d+')), entry
        end
        if current then
            first, entry = oldest()
        end
        if not current or (not first and now < (tonumber(known[4]) or 0)) then
            redis.call('DEL', log)
            current, head, time, first = fresh, 0, '0', nil
            redis.call('HSET', meta, 'epoch', fresh, 'offset', 0, 'time', 0, 'until', 0, 'next', 0,
                'was', (known[1] or '0') .. ' 0')
        end
        local own = current == known[1] and own_age(known[5], known[2])
        -- Not shorter than the log itself, which another node may keep for longer.
        local rest = current == known[1] and (tonumber(known[4]) or 0) - now or 0
        local kept = redis.pcall('PEXPIRE', meta, ARGV[8] + math.ceil(math.max(own or 0, rest, 0) / 1000))
        if type(kept) == 'table' and not string.find(kept.err, 'NOREPLICAS', 1, true)
            and not string.find(kept.err, 'MISCONF', 1, true) then
            return kept
        end
        first = first or head + 1

        -- The first offset whose event was stored at `bound` or later: offsets have no gaps, and times ascend.
        local function first_since(bound)
            local low, high = first, head + 1
            while low < high do
                local middle = math.floor((low + high) / 2)
                local entry = redis.call('XRANGE', log, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
                if entry and tonumber(entry[2][2]) < bound then low = middle + 1 else high = middle end
            end
            return low
        end
        -- Nearly always even the oldest is young enough: looking for another reads whole events.
        if age > 0 and entry and tonumber(entry[2][2]) < now - (own or age) then
            first = first_since(now - (own or age))
        end

        local status, from = 'ok', offset
        if epoch == '' then
            from = limit == 0 and head or first - 1
        elseif epoch ~= current then
            status = 'epoch_changed'
        elseif is_feed then
            local stored = offset == head and time or nil
            if not stored and offset < head then
                local entry = redis.call('XRANGE', log, string.format('%.0f-0', offset), string.format('%.0f-0', offset))[1]
                stored = entry and entry[2][2]
            end
            if offset > head or (stored and tonumber(stored) ~= since) then
                status = 'epoch_changed'
                redis.call('HSET', meta, 'epoch', fresh, 'was', string.format('%s %.0f', current, head))
                current = fresh
            end
        elseif offset > head then
            status = 'ahead'
        end
        if status == 'ok' and from + 1 < first then
            status = 'trimmed'
        end

        local events = {}
        if status ~= 'ok' then
            if not is_feed then
                return {status, current, head, time, head, events}
            end
            from = first - 1
            if status ~= 'trimmed' then
                -- By its time alone it would pass over what came when Redis' clock was behind that.
                local was, renamed = string.match(known[6] or '', '^(%x+) (%d+)$')
                renamed = was == epoch and tonumber(renamed) or offset
                from = math.max(from, math.min(first_since(since + 1) - 1, offset, renamed))
            end
        end

        local size, after, average = 0, from, bytes
        while #events < limit and size < bytes do
            -- As many as will fit, from what those before took; but a few, for entries come with all their bytes, and behind
            -- small ones may be large ones that are copied in vain, while nobody else is served.
            local count = math.max(1, math.min(8, limit - #events, math.floor((bytes - size) / average)))
            local entries = redis.call('XRANGE', log, string.format('%.0f', after + 1), '+', 'COUNT', count)
            for _, entry in ipairs(entries) do
                local length = #entry[2][4]
                if #events > 0 and size + length > bytes then
                    return {status, current, head, time, from, events}
                end
                events[#events + 1] = entry
                size = size + length
                after = tonumber(string.match(entry[1], '%d+'))
            end
            if #entries < count then break end
            average = size / #events + 1
        end
        return {status, current, head, time, from, events}
        """
    )
}
