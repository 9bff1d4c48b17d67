// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Milliseconds that pass when a test says so.
public final class ManualClock: Sendable {
    private let milliseconds: Mutex<Int64>

    /// A clock that stands at a time.
    public init(_ milliseconds: Int64 = 1_700_000_000_000) {
        self.milliseconds = Mutex(milliseconds)
    }

    /// What it shows.
    public var now: Int64 { self.milliseconds.withLock { $0 } }

    /// Lets time pass.
    public func advance(milliseconds: Int64) {
        self.milliseconds.withLock { $0 += milliseconds }
    }
}
