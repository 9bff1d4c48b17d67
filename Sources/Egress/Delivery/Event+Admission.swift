// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension Event {
    /// Whether a client should get it: it is not addressed to another consumer, and passes the client's filter.
    func isAdmitted(by filter: EventFilter?, for consumer: ConsumerName?) -> Bool {
        self.isFor(consumer) && filter?.admits(self) ?? true
    }
}

extension ArraySlice<LogEntry> {
    /// Those that a client should get. Usually nothing can exclude any, and the result is the same collection, not a
    /// copy.
    func admitted(by filter: EventFilter?, for consumer: ConsumerName?) -> Self {
        guard filter != nil || self.contains(where: { $0.event.isReplay }) else { return self }
        return self.filter { $0.event.isAdmitted(by: filter, for: consumer) }[...]
    }
}
