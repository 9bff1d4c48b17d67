// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A Lua script that Redis executes atomically: no other command runs in between, and it is in the append-only file and
/// on the replicas as a whole or not at all.
///
/// Works on Redis 6.2 to 7 and what is compatible with them. Numbers stay below 2^53, which is what Lua counts exactly.
struct RedisScript: Sendable {
    /// The script's text.
    let source: String
    /// What `EVALSHA` calls it: the SHA-1 of its text in hexadecimal.
    let name: String

    init(_ source: String) {
        self.source = source
        self.name = Hex.encode(Digest.insecureSHA1(source.utf8))
    }
}
