// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Where a feed stands, with a proof: the position, and when its event was stored.
///
/// An older copy of the store has another event at that offset, or none yet, and so the feed finds out.
struct FeedMark: Hashable, Sendable {
    var position: Position
    /// In microseconds since 1970 by Redis' clock; 0 where no event has been stored.
    var time: UInt64
}
