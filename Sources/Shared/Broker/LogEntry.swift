// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One event in a channel's log.
public struct LogEntry: Sendable {
    /// Its position in the log.
    public var position: Position
    /// The event.
    public var event: Event

    /// An entry from its parts.
    public init(position: Position, event: Event) {
        self.position = position
        self.event = event
    }
}
