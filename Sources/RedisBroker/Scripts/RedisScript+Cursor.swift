// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Moves the cursor of a consumer.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1 | the log's meta, as for `publish` |
    /// | 2 | the cursors: a hash of `<epoch> <offset>`, by `c:<consumer>` |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the consumer; empty for anybody |
    /// | 2, 3 | epoch and offset of the position |
    /// | 4 | how many cursors there may be |
    /// | 5 | how long they are kept from now on, in ms, and by as much longer as the channel's own age |
    ///
    /// It returns 1, or 0 where there are too many.
    static let moveCursor = RedisScript(
        """
        \(ownAge)
        local meta, cursors = KEYS[1], KEYS[2]
        local field, epoch, offset = 'c:' .. ARGV[1], ARGV[2], tonumber(ARGV[3])
        local known = redis.call('HMGET', meta, 'epoch', 'offset', 'kept')
        if known[1] ~= epoch then
            return 1
        end
        local lifetime = ARGV[5] + math.ceil((own_age(known[3], known[2]) or 0) / 1000)
        local present = redis.call('HGET', cursors, field)
        if present then
            if string.sub(present, 1, 16) == epoch and tonumber(string.sub(present, 18)) >= offset then
                redis.call('PEXPIRE', cursors, lifetime)
                return 1
            end
        elseif ARGV[1] ~= '' and redis.call('HLEN', cursors) - redis.call('HEXISTS', cursors, 'c:') >= tonumber(ARGV[4]) then
            return 0
        end
        redis.call('HSET', cursors, field, string.format('%s %.0f', epoch, offset))
        redis.call('PEXPIRE', cursors, lifetime)
        return 1
        """
    )
}
