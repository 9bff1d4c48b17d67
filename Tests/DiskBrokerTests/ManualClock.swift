// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Milliseconds that pass when a test says so.
final class ManualClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_700_000_000_000)

    var now: Int64 { self.milliseconds.withLock { $0 } }

    func advance(milliseconds: Int64) {
        self.milliseconds.withLock { $0 += milliseconds }
    }
}
