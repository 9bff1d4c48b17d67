// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a read of the log found.
public enum LogPage: Sendable {
    /// The events after the requested position, oldest first and without a gap. `head` is the position of the newest
    /// event in the log when it was read: the page is the last one if it is empty or ends there. A page of large events
    /// may have fewer than the limit.
    case entries([LogEntry], head: Position)
    /// Not all events after the requested position are retained. `head` is the log's current position.
    case notRecoverable(UnrecoverableReason, head: Position)
}
