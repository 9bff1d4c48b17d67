// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Tracks one consumer's progress on one lane, and decides when its cursor is stored. No IO and no clock.
struct CursorStateMachine {
    /// The last event that a client is confirmed to have received.
    private var had: Position?
    /// The cursor in the broker, as last known here.
    private var stored: Position?
    private var storing: Position?

    /// Whether a store is needed or in flight.
    var isBusy: Bool { self.storing != nil || self.had != self.stored }

    /// Whether a position is not confirmed as received yet.
    func isNews(_ position: Position) -> Bool {
        guard let had else { return true }
        return had.epoch != position.epoch || had.offset < position.offset
    }

    /// A client has received everything up to a position.
    mutating func had(upTo position: Position) {
        if self.isNews(position) { self.had = position }
    }

    /// The cursor to store now, if any. One store at a time.
    mutating func store() -> Position? {
        guard self.storing == nil, let had, had != self.stored else { return nil }
        self.storing = had
        return had
    }

    /// The store has succeeded, or will be retried later.
    mutating func storeEnded(isStored: Bool) {
        if isStored { self.stored = self.storing }
        self.storing = nil
    }
}
