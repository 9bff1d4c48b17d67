// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension Event {
    /// Whether a client is to have it: it is not another consumer's, and the client's filter admits it.
    func isAdmitted(by filter: EventFilter?, for consumer: ConsumerName?) -> Bool {
        self.isFor(consumer) && filter?.admits(self) ?? true
    }
}

extension ArraySlice<LogEntry> {
    /// Those that a client is to have. Where nothing can leave one out, which is the rule, they are the same, not a copy.
    func admitted(by filter: EventFilter?, for consumer: ConsumerName?) -> Self {
        guard filter != nil || self.contains(where: { $0.event.isReplay }) else { return self }
        return self.filter { $0.event.isAdmitted(by: filter, for: consumer) }[...]
    }
}
