// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisScript {
    /// Reads dead letters, oldest first.
    ///
    /// Key 1 is that of the dead letters, as for `take`.
    ///
    /// | arguments | |
    /// |---|---|
    /// | 1 | the number of the first one |
    /// | 2 | how many at most |
    /// | 3 | how many bytes of events, at most; one letter is always read |
    /// | 4 | for how long a letter is kept, in ms |
    ///
    /// It returns them as `XRANGE` does, without expired ones; if it only found expired ones, the last of them without
    /// its fields. It reads one by one, since the size of the next one is not known in advance.
    static let readDeadLetters = RedisScript(
        """
        local from, limit, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        local clock = redis.call('TIME')
        local oldest = clock[1] * 1000 + math.floor(clock[2] / 1000) - tonumber(ARGV[4])
        local letters, size, passed, old = {}, 0, 0, nil
        while #letters < limit and size < bytes and passed < 4194304 do
            local letter = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
            if not letter then break end
            if tonumber(letter[2][2]) < oldest then
                passed, old = passed + math.max(1024, #letter[2][12]), letter[1]
            else
                size = size + #letter[2][12]
                if #letters > 0 and size > bytes then break end
                letters[#letters + 1] = letter
            end
            from = string.format('%.0f', tonumber(string.match(letter[1], '%d+')) + 1)
        end
        if #letters == 0 and old then letters[1] = {old, {}} end
        return letters
        """
    )
}
