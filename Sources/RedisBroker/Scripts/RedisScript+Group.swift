// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension RedisScript {
    /// Takes events for a member of a group.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1, 2 | the log and its meta, as for `publish` |
    /// | 3 | the groups: a hash of `<epoch> <offset> <unsettled>`, by group: the last event that any member was given, and how many are not settled |
    /// | 4 | the dead letters: a stream, each entry with the time `t` in ms, the group `g`, the attempts `a`, the epoch `x`, the offset `o` and the event `e` |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the group |
    /// | 2 | how many events at most |
    /// | 3 | how many bytes of events, at most; one event is always taken |
    /// | 4 | the visibility time in ms |
    /// | 5 | how often an event is tried |
    /// | 6 | the age in µs behind which events are over |
    /// | 7, 8 | epoch and offset behind which a group that is new begins; an empty epoch for the oldest event |
    /// | 9 | how many groups there may be |
    /// | 10 | how many dead letters are retained |
    /// | 11 | how long the groups are kept from now on, in ms, and by as much longer as the channel's own age |
    /// | 12 | how long a dead letter is kept, in ms |
    /// | 13 | what was refused less than so long ago is left for others, in ms |
    ///
    /// It returns the epoch, how many became dead letters, how many were lost, and the taken: attempt, offset and event of
    /// each, one after the other; or 0 where there are too many groups.
    ///
    /// The meta keeps the number of the last dead letter (`letter`): their stream expires with the last of them, and a
    /// client that knows one's number must not drop or replay another by it.
    ///
    /// Redis' own consumer group keeps who has what (`XREADGROUP`, `XACK`). What was not settled in time is found by `XPENDING`
    /// and taken by `XCLAIM` rather than by `XAUTOCLAIM`, which does not say how often an entry was tried, and on Redis 6.2 not
    /// that it was trimmed. A group lives and dies with its stream, which expires: the hash remembers where it was.
    static let take = RedisScript(
        """
        \(ownAge)
        \(firstOffset)
        local log, meta, groups, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local group, limit, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        local visibility, attempts, age = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
        local patience, shift = tonumber(ARGV[13]), \(GroupSettlement.refusalShift)
        local known = redis.call('HMGET', meta, 'epoch', 'offset', 'kept')
        local epoch = known[1]
        local own = own_age(known[3], known[2])
        age = own or age
        if not epoch then
            return {'0000000000000001', 0, 0, {}}
        end
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]

        local lost, last, unsettled = 0, 0, 0
        local present = redis.call('HGET', groups, group)
        if present then
            local known, offset, count = string.match(present, '^(%x+) (%d+) (%d+)$')
            if known == epoch then
                last, unsettled = tonumber(offset), tonumber(count)
            else
                lost = 1
                redis.pcall('XGROUP', 'DESTROY', log, group)
            end
        else
            local first, oldest = first_offset(log, known[2])
            if redis.call('HLEN', groups) >= tonumber(ARGV[9]) then
                -- Those whose next event is not retained any more begin with the oldest one that is, as they would anyway.
                local all = redis.call('HGETALL', groups)
                for i = 1, #all, 2 do
                    local of, at = string.match(all[i + 1], '^(%x+) (%d+) ')
                    if of ~= epoch or tonumber(at) + 1 < first then
                        redis.call('HDEL', groups, all[i])
                        redis.pcall('XGROUP', 'DESTROY', log, all[i])
                    end
                end
                if redis.call('HLEN', groups) >= tonumber(ARGV[9]) then
                    return 0
                end
            end
            last = first - 1
            if ARGV[7] == epoch then
                last = math.min(tonumber(ARGV[8]), tonumber(known[2]) or 0)
            elseif oldest and tonumber(oldest[2][2]) < now - age then
                -- It has not lost what was over before it. Offsets have no gaps, and times ascend.
                local low, high = first + 1, tonumber(known[2]) + 1
                while low < high do
                    local middle = math.floor((low + high) / 2)
                    local entry = redis.call('XRANGE', log, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
                    if entry and tonumber(entry[2][2]) < now - age then low = middle + 1 else high = middle end
                end
                last = low - 1
            end
            redis.pcall('XGROUP', 'DESTROY', log, group)
        end

        -- What is given up or over is copied too, and nobody may wait for more than some MiB of that: `passed`.
        local taken, size, given_up, passed, done = {}, 0, 0, 0, {}
        local function take(attempt, entry)
            taken[#taken + 1] = attempt
            taken[#taken + 1] = tonumber(string.match(entry[1], '%d+'))
            taken[#taken + 1] = entry[2][4]
            size = size + #entry[2][4]
        end
        -- Small ones take time as well, for a call each.
        local function weight(entry)
            return math.max(1024, #entry[2][4])
        end
        local function is_full()
            return #taken >= 3 * limit or (size > 0 and size >= bytes)
        end
        local number
        local function last_letter()
            local last = tonumber(redis.call('HGET', meta, 'letter')) or 0
            -- A version that did not note it may have been at work since.
            local ok = redis.pcall('XINFO', 'STREAM', dead)
            for i = 1, #ok, 2 do
                if ok[i] == 'last-generated-id' then last = math.max(last, tonumber(string.match(ok[i + 1], '%d+'))) end
            end
            return last
        end
        local function bury(entry, tried)
            number = (number or last_letter()) + 1
            redis.call('XADD', dead, 'MAXLEN', ARGV[10], string.format('%.0f-0', number),
                't', string.format('%.0f', math.floor(now / 1000)), 'g', group, 'a', tried,
                'x', epoch, 'o', string.match(entry[1], '%d+'), 'e', entry[2][4])
        end
        -- Those whose time is over, of which so many bytes are copied at most; who reads passes over the others.
        local function drop_old_letters()
            local size = 0
            while size < 4194304 do
                local oldest = redis.call('XRANGE', dead, '-', '+', 'COUNT', 1)[1]
                if not oldest or tonumber(oldest[2][2]) >= now / 1000 - tonumber(ARGV[12]) then break end
                redis.call('XDEL', dead, oldest[1])
                size = size + math.max(1024, #oldest[2][12])
            end
        end

        if redis.call('EXISTS', log) == 1 then
            local made = redis.pcall('XGROUP', 'CREATE', log, group, string.format('%.0f-0', last))
            if not (type(made) == 'table' and made.err) then
                -- It is new, or went with the stream that it belonged to: what was not settled then has aged out.
                lost = lost + unsettled
            else
                local function take_pending(one)
                    -- What was refused lately is left for others, unless it is to be given up.
                    if one[4] < attempts and one[3] >= shift and one[3] < shift + patience then return end
                    local entry = redis.call('XRANGE', log, one[1], one[1])[1]
                    if not entry or tonumber(entry[2][2]) < now - age then
                        done[#done + 1] = one[1]
                        lost, passed = lost + 1, passed + (entry and weight(entry) or 0)
                    elseif one[4] >= attempts then
                        bury(entry, one[4])
                        done[#done + 1] = one[1]
                        given_up, passed = given_up + 1, passed + weight(entry)
                    else
                        redis.call('XCLAIM', log, group, 'members', 0, one[1])
                        take(one[4] + 1, entry)
                    end
                end
                -- Behind a page of which all is left for others there may be more, some of which is looked at too.
                local from = '-'
                for _ = 1, 8 do
                    local pending = redis.call('XPENDING', log, group, 'IDLE', visibility, from, '+', 1000)
                    for _, one in ipairs(pending) do
                        if is_full() or passed >= 4194304 then break end
                        take_pending(one)
                    end
                    if #pending < 1000 or #taken + #done > 0 then break end
                    from = '(' .. pending[#pending][1]
                end
            end
            while not is_full() and passed < 4194304 do
                local read = redis.call('XREADGROUP', 'GROUP', group, 'members', 'COUNT', 1, 'STREAMS', log, '>')
                if not read then break end
                local entry = read[1][2][1]
                local offset = tonumber(string.match(entry[1], '%d+'))
                lost = lost + math.max(0, offset - last - 1)
                last = offset
                if tonumber(entry[2][2]) < now - age then
                    done[#done + 1] = entry[1]
                    lost, passed = lost + 1, passed + weight(entry)
                else
                    take(1, entry)
                end
            end
            for _, id in ipairs(done) do
                redis.call('XACK', log, group, id)
            end
            if number then
                redis.call('HSET', meta, 'letter', string.format('%.0f', number))
                redis.call('PEXPIRE', dead, ARGV[12])
                drop_old_letters()
            end
            unsettled = redis.call('XPENDING', log, group)[1]
        else
            lost, unsettled = lost + unsettled, 0
            local head = tonumber(redis.call('HGET', meta, 'offset')) or 0
            if present then lost = lost + math.max(0, head - last) end
            last = math.max(last, head)
        end
        redis.call('HSET', groups, group, string.format('%s %.0f %.0f', epoch, last, unsettled))
        redis.call('PEXPIRE', groups, ARGV[11] + math.ceil((own or 0) / 1000))
        return {epoch, given_up, lost, taken}
        """
    )

    /// Settles what a member of a group took.
    ///
    /// Keys are those of `take`, less the dead letters.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the group |
    /// | 2 | `ack`, `nack` or `release` |
    /// | 3 | the epoch of the events |
    /// | 4 … | of each the offset, and which attempt it was; 0 for the present one |
    ///
    /// A member that lost the event to another's attempt cannot give it back; but any member's ack settles it.
    ///
    /// A `nack` leaves the event unsettled as if since `GroupSettlement.refusalShift` ago, so that the next member who asks
    /// takes it; a `release` as if since ever, and without the attempt. One that is not retained any more stays as it is:
    /// `XCLAIM` would forget it, and when its visibility time is over, `take` counts it as lost.
    static let settle = RedisScript(
        """
        \(firstOffset)
        local log, meta, groups = KEYS[1], KEYS[2], KEYS[3]
        local group, verdict, epoch = ARGV[1], ARGV[2], ARGV[3]
        local present = redis.call('HGET', groups, group)
        local known = redis.call('HMGET', meta, 'epoch', 'offset')
        if known[1] ~= epoch or not present or string.sub(present, 1, 16) ~= epoch then
            return 0
        end
        local first = verdict ~= 'ack' and first_offset(log, known[2])
        for i = 4, #ARGV, 2 do
            local id, attempt, answer = ARGV[i] .. '-0', tonumber(ARGV[i + 1]), nil
            if verdict == 'ack' then
                answer = redis.pcall('XACK', log, group, id)
            elseif tonumber(ARGV[i]) < first then
                -- Not retained: it is left as it is.
            else
                answer = redis.pcall('XPENDING', log, group, id, id, 1)
                local tried = not answer.err and answer[1] and answer[1][4]
                if not tried or attempt ~= 0 and attempt ~= tried then
                    -- Settled already, or another member's.
                elseif verdict == 'nack' then
                    local shift = \(GroupSettlement.refusalShift)
                    answer = redis.pcall('XCLAIM', log, group, 'members', 0, id, 'IDLE', shift, 'JUSTID')
                else
                    local count = math.max(0, tried - 1)
                    answer = redis.pcall('XCLAIM', log, group, 'members', 0, id, 'TIME', 1, 'RETRYCOUNT', count, 'JUSTID')
                end
            end
            -- The group went with its stream: there is nothing to settle any more.
            if type(answer) == 'table' and answer.err then return 0 end
        end
        local summary = redis.pcall('XPENDING', log, group)
        if summary.err then return 0 end
        redis.call('HSET', groups, group, string.match(present, '^%x+ %d+ ') .. string.format('%.0f', summary[1]))
        return 1
        """
    )
}
