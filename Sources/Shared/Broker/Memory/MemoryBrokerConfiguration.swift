// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a `MemoryBroker` keeps, and for how long.
public struct MemoryBrokerConfiguration: Sendable {
    /// How many events a channel retains at most. Default 1,000.
    public var retentionCount = 1_000
    /// How long an event is retained, in milliseconds. Default one hour.
    public var retentionAgeMilliseconds: Int64 = 60 * 60 * 1000
    /// The estimated memory that all logs and known keys together may use, in bytes. When it is full the oldest events
    /// go first, whatever their channel. Default 256 MiB.
    public var memoryLimit = 256 << 20

    /// The defaults.
    public init() {}
}
