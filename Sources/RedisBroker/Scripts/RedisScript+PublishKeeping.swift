// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// The retention parts of the script `publish`: channels without a retention of their own do not pay for those that
    /// have one.
    struct Keeping {
        /// Reads the arguments.
        var arguments = ""
        /// Before the event is stored.
        var preparation = ""
        /// How many events `XADD` leaves.
        var count: String
        /// An expression: how many events are kept.
        var retained: String
        /// An expression: how long, in µs.
        var age: String
        /// Before the removal of what is too old, from `first` to before `low`.
        var beforeExpiry = ""
        /// After `makesRoom` has removed something.
        var afterRemoval = ""
        /// An expression: when to look for what is too old again, in µs.
        var next = "now + pause"
        /// Once the event is stored.
        var trimming = ""

        /// As much as of every channel.
        static func all(_ settings: PublishSettings) -> Keeping {
            Keeping(
                count: "\(settings.retentionCount)",
                retained: "\(settings.retentionCount)",
                age: "\(settings.retentionAgeMilliseconds * 1_000)"
            )
        }
    }

    /// A piece of a script's text: a function that says how long a channel keeps its events by its own retention, in µs, from
    /// the meta's `kept` and `offset`; nil if it has none, or there was a publication without it since.
    static let ownAge = """
        local function own_age(kept, offset)
            local at, age = string.match(kept or '', '^(%d+) (%d+) ')
            return at and at == offset and tonumber(age) or nil
        end
        """

    /// Stores an event on a channel with a retention of its own, which is as it is asked with each event, and pushes it.
    ///
    /// Keys and arguments are those of `publish`, and
    ///
    /// | arguments | |
    /// |---|---|
    /// | 6 | how many events are kept; 0 for as many as of every channel |
    /// | 7 | how long, in ms; 0 for as long as of every channel |
    /// | 8 | how many bytes of events; 0 for any number |
    ///
    /// The meta's `kept` is `<offset> <age in µs> <bytes>`: the retention, and what the log has, bytes 0 where they are not
    /// counted. If its offset is not the log's, there was a publication without it since: it is stale, and the bytes
    /// are recounted, from the newest event on, as far as they are kept.
    ///
    /// If bytes are counted, removed events must be read. To bound the latency on a large log, a publication removes at
    /// most 1,024 events, or some 8 MiB, and later ones continue. Only if the bytes are unknown is the whole log read.
    static func publishKeeping(_ settings: PublishSettings) -> RedisScript {
        self.publish(
            settings,
            keeping: Keeping(
                arguments: """
                    local max_count, max_age, max_bytes = tonumber(ARGV[6]), tonumber(ARGV[7]) * 1000, tonumber(ARGV[8])
                    if max_count == 0 then max_count = \(settings.retentionCount) end
                    if max_age == 0 then max_age = \(settings.retentionAgeMilliseconds * 1_000) end
                    local kept_at, kept_age, size = string.match(
                        redis.call('HGET', KEYS[2], 'kept') or '', '^(%d+) (%d+) (%d+)$'
                    )
                    size = tonumber(size)

                    """,
                preparation: """
                    local rest, steps, room = false, 1024, 8388608
                    if size == 0 or tonumber(kept_at) ~= offset then size = nil end
                    -- What has become too old by another age is not left for the next time.
                    if tonumber(kept_age) ~= max_age then care = 0 end

                    """,
                count: "2147483647",
                retained: "max_count",
                age: "max_age",
                beforeExpiry: """
                    if size and max_bytes > 0 then
                        local from = tonumber(string.match(first[1], '%d+'))
                        while from < low and steps > 0 and room > 0 do
                            local oldest, newest = string.format('%.0f', from), string.format('%.0f', low - 1)
                            local page = call('XRANGE', log, oldest, newest, 'COUNT', 8)
                            if #page == 0 then from = low end
                            for _, entry in ipairs(page) do
                                local length = #entry[2][4]
                                steps, room, size = steps - 1, room - length, size - length
                                from = tonumber(string.match(entry[1], '%d+')) + 1
                            end
                        end
                        rest, low = from < low, from
                    end

                    """,
                afterRemoval: """
                    -- The remaining bytes are counted again.
                    size = nil
                    if kept_at then call('HSET', meta, 'kept', kept_at .. ' ' .. kept_age .. ' 0') end
                    """,
                next: "rest and now or now + pause",
                trimming: """
                    local length = call('XLEN', log)
                    if epoch ~= known[1] then size = nil end
                    if max_bytes == 0 then
                        size = 0
                        if length > max_count then call('XTRIM', log, 'MAXLEN', max_count) end
                    elseif size then
                        -- A log that has expired meanwhile begins again, in the same epoch.
                        size = length == 1 and #event or size + #event
                        while steps > 0 and room > 0 and length > 1 and (length > max_count or size > max_bytes) do
                            local oldest = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
                            call('XDEL', log, oldest[1])
                            size, length = size - #oldest[2][4], length - 1
                            steps, room = steps - 1, room - #oldest[2][4]
                        end
                    else
                        local last, first = '+', nil
                        size, length = 0, 0
                        while last do
                            local page = call('XREVRANGE', log, last, '-', 'COUNT', 32)
                            last = nil
                            for _, entry in ipairs(page) do
                                if length > 0 and (length == max_count or size + #entry[2][4] > max_bytes) then
                                    last = nil
                                    break
                                end
                                first, length, size = entry[1], length + 1, size + #entry[2][4]
                                last = string.format('%.0f', tonumber(string.match(first, '%d+')) - 1)
                            end
                        end
                        call('XTRIM', log, 'MINID', first)
                    end
                    call('HSET', meta, 'kept', string.format('%s %.0f %.0f', digits, max_age, size))

                    """
            )
        )
    }
}
