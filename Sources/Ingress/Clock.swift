// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The clock for verifying requests, injected so that tests can set it.
public struct Clock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var wallMilliseconds: @Sendable () -> Int64

    /// Creates a clock from a closure.
    public init(wallMilliseconds: @escaping @Sendable () -> Int64) {
        self.wallMilliseconds = wallMilliseconds
    }

    /// The system's clock.
    public static let system = Clock(wallMilliseconds: WallClock.now)
}
