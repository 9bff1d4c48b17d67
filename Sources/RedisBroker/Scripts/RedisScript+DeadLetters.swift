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
    ///
    /// It returns them as `XRANGE` has them. One by one: how large the next one is, nothing else tells.
    static let readDeadLetters = RedisScript(
        """
        local from, limit, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        local letters, size = {}, 0
        while #letters < limit and size < bytes do
            local letter = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
            if not letter then break end
            size = size + #letter[2][12]
            if #letters > 0 and size > bytes then break end
            letters[#letters + 1] = letter
            from = string.format('%.0f', tonumber(string.match(letter[1], '%d+')) + 1)
        end
        return letters
        """
    )
}
