// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

@testable import Egress

/// What a read of the log comes to: an action as tests compare it, with the offsets of its events.
enum PageOutcome: Equatable {
    case ignore
    case announce(Recovery)
    case read(Recovery?, after: Position?)
    /// Nil for no events.
    case send(Recovery?, ClosedRange<UInt64>?)

    init(_ action: DeliveryStateMachine.PageReadAction) {
        switch action {
        case .ignore: self = .ignore
        case .announce(let recovery): self = .announce(recovery)
        case .read(let recovery, let position): self = .read(recovery, after: position)
        case .send(let recovery, let entries):
            guard let first = entries.first, let last = entries.last else {
                self = .send(recovery, nil)
                return
            }
            self = .send(recovery, first.position.offset...last.position.offset)
        }
    }
}

extension DeliveryStateMachine {
    /// Reads a page.
    mutating func outcome(of page: LogPage) -> PageOutcome {
        PageOutcome(self.pageRead(page))
    }
}
