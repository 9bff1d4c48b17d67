// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How much of a reply is taken before the connection is given up.
///
/// Redis itself is trusted, what answers on its address may not be Redis: nothing is reserved because a length line
/// announces it, and what is kept is bounded.
package struct RESPLimits: Hashable, Sendable {
    /// The longest bulk string, in bytes. Default 64 MiB.
    package var bulkBytes = 64 << 20
    /// The longest reply with all that it holds, in bytes. Default 128 MiB.
    package var replyBytes = 128 << 20
    /// How many elements the arrays of one reply announce together. Default 262,144.
    package var elements = 1 << 18
    /// How deep arrays stand in arrays; the outermost counts. 1 to 8, for hiredis has no more. Default 7.
    package var nesting = 7
    /// The longest line (a status, an error), in bytes. Default 64 KiB.
    package var lineBytes = 64 << 10

    /// The defaults.
    package init() {}
}
