// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How far one consumer of a channel is on one lane, and when its cursor is stored. No IO and no clock.
struct CursorStateMachine {
    /// The last event that a client is known to have had.
    private var had: Position?
    /// The cursor in the broker, as far as it is known here.
    private var stored: Position?
    private var storing: Position?

    /// Whether there is anything to store, or to wait for.
    var isBusy: Bool { self.storing != nil || self.had != self.stored }

    /// Whether a position is not known to be had.
    func isNews(_ position: Position) -> Bool {
        guard let had else { return true }
        return had.epoch != position.epoch || had.offset < position.offset
    }

    /// A client has had everything up to a position.
    mutating func had(upTo position: Position) {
        if self.isNews(position) { self.had = position }
    }

    /// What has to be stored now, if anything. One at a time.
    mutating func store() -> Position? {
        guard self.storing == nil, let had, had != self.stored else { return nil }
        self.storing = had
        return had
    }

    /// It is stored, or is tried again later.
    mutating func storeEnded(isStored: Bool) {
        if isStored { self.stored = self.storing }
        self.storing = nil
    }
}
