// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A feed's position, with the time its event was stored as a proof.
///
/// A store that was rolled back has another event at that offset, or none, which the feed detects by the time.
struct FeedMark: Hashable, Sendable {
    var position: Position
    /// In microseconds since 1970 by Redis' clock; 0 where no event has been stored.
    var time: UInt64
}
