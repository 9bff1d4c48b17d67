// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The outcome of publishing an event.
public enum Publication: Hashable, Sendable {
    /// It is in the log, at this position. `feeds` is how many feeds it was pushed to: 0 means that no egress node has
    /// a socket of the channel. More does not guarantee one: a feed outlives its last socket by a few seconds, and
    /// counts once however many sockets it has. While a broker recovers it may not see all feeds yet.
    case stored(Position, feeds: Int)
    /// Its key was known: the event is in the log already and was not stored again.
    case duplicate
}
