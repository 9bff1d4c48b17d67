// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a feed reads its channel's log. Also a metric label.
enum CatchUpCause: String, Sendable, CaseIterable {
    /// It begins, and needs a position.
    case start
    /// A pushed event's offset does not follow the last one.
    case gap
    /// A pushed event is of another epoch, or shows that the store was rolled back.
    case epoch
    /// The subscription was reestablished.
    case resubscribed
    /// Nothing was heard for a while.
    case check
    /// An event that is too large to be pushed.
    case large
    /// Its receivers lagged for so long that pushed events were dropped.
    case pressure
    /// The last page was not complete.
    case more
    /// The last read failed.
    case retry
}
