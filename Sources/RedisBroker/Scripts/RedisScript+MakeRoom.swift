// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// A part of the script `publish`: a Lua function for a full Redis (`OOM`). It removes what exceeds the log's
    /// retention and returns whether the event may be stored in its place.
    ///
    /// Logs are trimmed when an event is stored. A full Redis stores none, so without this it would stay full until
    /// whole logs expire, however short the retention. Redis never refuses to remove, and once a script has written, it
    /// refuses none of that script's commands.
    ///
    /// The event is stored only if what was removed is at least as large, so that a full Redis does not keep growing.
    /// Removed are events that are too old or too many, and the oldest event of a log that is at its limit, as with any
    /// other event. Nothing within the retention is removed unless the new event takes its place.
    static func makesRoom(_ keeping: Keeping) -> String {
        """
        local function makes_room()
            local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
            if not first then return false end
            local clock, length = call('TIME'), call('XLEN', log)
            local oldest = clock[1] * 1000000 + clock[2] - \(keeping.age)
            local from = tonumber(string.match(first[1], '%d+'))
            local low = from
            if length > 1 and tonumber(first[2][2]) < oldest then
                -- The same search as after storing; the newest event stays.
                local high = from + length - 1
                low = from + 1
                while low < high do
                    local middle = math.floor((low + high) / 2)
                    local entry = call('XRANGE', log, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
                    if tonumber(entry[2][2]) < oldest then low = middle + 1 else high = middle end
                end
            end
            local over = math.max(low, from + length - \(keeping.retained))
            local due = math.max(low, from + length - \(keeping.retained) + 1)
            local freed, id, steps = #first[2][4], from + 1, 1024
            while freed < #event and id < due and steps > 0 do
                local begin, last = string.format('%.0f', id), string.format('%.0f', due - 1)
                local page = call('XRANGE', log, begin, last, 'COUNT', 8)
                if #page == 0 then break end
                for _, entry in ipairs(page) do
                    freed, steps = freed + #entry[2][4], steps - 1
                    id = tonumber(string.match(entry[1], '%d+')) + 1
                end
            end
            local is_enough = due > from and freed >= #event
            if not is_enough then due = over end
            if due > from then
                call('XTRIM', log, 'MINID', string.format('%.0f', due))
                \(keeping.afterRemoval)
            end
            return is_enough
        end
        """
    }
}
