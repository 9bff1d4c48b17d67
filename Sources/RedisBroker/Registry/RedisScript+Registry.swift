// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Reads what changed in the registry.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1, 2, 3, 4 | `RegistryRedisKeys.bots`, `.changes`, `.head`, `.marks` |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1, 2, 3 | the epoch, the version and its mark that are known; empty, 0 and empty for none |
    ///
    /// It returns the epoch, empty where there is no registry, the version, the check, 1 where all bots follow or 0 where
    /// those do that changed behind the version known, names and sealed bots in turn, an empty one for a removed bot, and
    /// the version's mark. All bots follow where the mark is not the one that the version known has here: Redis was put back
    /// to an earlier state then, and has made other changes since, perhaps as many.
    static let readRegistry = RedisScript(
        """
        local bots, changes, head, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local epoch = redis.call('HGET', head, 'epoch')
        if not epoch then
            return {'', 0, '', 1, {}, ''}
        end
        local version = tonumber(redis.call('HGET', head, 'version') or '0')
        local check = redis.call('HGET', head, 'check') or ''
        local known = tonumber(ARGV[2])
        local floor = tonumber(redis.call('HGET', head, 'floor') or '0')
        local mark = redis.call('HGET', marks, tostring(version)) or ''
        local isSame = ARGV[3] == (redis.call('HGET', marks, ARGV[2]) or '') and (ARGV[3] ~= '' or known == version)
        if epoch ~= ARGV[1] or known > version or known < floor or not isSame then
            return {epoch, version, check, 1, redis.call('HGETALL', bots), mark}
        end
        local rows = {}
        if known < version then
            for _, name in ipairs(redis.call('ZRANGEBYSCORE', changes, '(' .. ARGV[2], '+inf')) do
                rows[#rows + 1] = name
                rows[#rows + 1] = redis.call('HGET', bots, name) or ''
            end
        end
        return {epoch, version, check, 0, rows, mark}
        """
    )

    /// Changes one bot, if none has changed since the known version.
    ///
    /// | keys | |
    /// |---|---|
    /// | 1, 2, 3, 4, 5 | `RegistryRedisKeys.bots`, `.changes`, `.head`, `.marks`, `.audit` |
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1, 2 | the epoch and the version that are known; empty and 0 for a registry that begins now |
    /// | 3, 4 | the epoch and the check of a registry that begins now |
    /// | 5, 6 | the bot's name, and the sealed bot; empty to remove it |
    /// | 7, 8 | how many bots and how many names of removed ones there may be |
    /// | 9 | how many entries of the audit are kept, about |
    /// | 10, 11, 12 | the action, who does it, and what it is about besides, perhaps empty: for the audit |
    /// | 13, 14 | the mark of the version that is known, and that of this change |
    /// | 15 | how many versions' marks are kept |
    ///
    /// It returns the new version, 0 on a conflict, or -1 if there are too many bots. It may be resent after its reply
    /// was lost: its own mark shows that it was applied.
    static let changeRegistry = RedisScript(
        """
        local bots, changes, head, marks, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
        local epoch = redis.call('HGET', head, 'epoch') or ''
        local version = redis.call('HGET', head, 'version') or '0'
        local next = string.format('%.0f', ARGV[2] + 1)
        if redis.call('HGET', marks, next) == ARGV[14] then
            return tonumber(next)
        end
        if epoch ~= ARGV[1] or tonumber(version) ~= tonumber(ARGV[2]) then
            return 0
        end
        if epoch ~= '' and (redis.call('HGET', marks, version) or '') ~= ARGV[13] then
            return 0
        end
        local name, sealed = ARGV[5], ARGV[6]
        if sealed ~= '' and redis.call('HEXISTS', bots, name) == 0 and redis.call('HLEN', bots) >= tonumber(ARGV[7]) then
            return -1
        end
        if epoch == '' then
            redis.call('DEL', bots, changes, head, marks)
            redis.call('HSET', head, 'epoch', ARGV[3], 'check', ARGV[4])
        end
        version = redis.call('HINCRBY', head, 'version', 1)
        redis.call('HSET', marks, version, ARGV[14])
        redis.call('HDEL', marks, version - tonumber(ARGV[15]))
        redis.call('ZADD', changes, version, name)
        if sealed ~= '' then
            redis.call('HSET', bots, name, sealed)
        else
            redis.call('HDEL', bots, name)
            if redis.call('ZCARD', changes) - redis.call('HLEN', bots) > tonumber(ARGV[8]) then
                for _, known in ipairs(redis.call('ZRANGE', changes, 0, -1)) do
                    if redis.call('HEXISTS', bots, known) == 0 then
                        redis.call('ZREM', changes, known)
                    end
                end
                redis.call('HSET', head, 'floor', version)
            end
        end
        redis.call(
            'XADD', audit, 'MAXLEN', '~', ARGV[9], '*',
            'action', ARGV[10], 'bot', name, 'actor', ARGV[11], 'subject', ARGV[12]
        )
        return version
        """
    )
}
