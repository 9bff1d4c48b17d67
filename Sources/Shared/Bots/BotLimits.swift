// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How much one bot may use; nil is as much as the node allows everybody.
public struct BotLimits: Sendable, Equatable {
    /// Genuine webhook requests, all ingress nodes together.
    public var requests: RateLimit?
    /// Sockets and event streams at a time, all egress nodes together.
    public var sockets: Int?
    /// Bytes of events in its log; the oldest go first.
    public var logBytes: Int?

    public init() {}
}

/// So many a second in the long run, and so many at once.
public struct RateLimit: Sendable, Equatable {
    /// A second.
    public var rate: Double
    /// At once; at least 1.
    public var burst: Int

    /// - Parameter burst: nil for what comes in a second, and at least 1.
    public init(rate: Double, burst: Int? = nil) {
        self.rate = rate
        self.burst = max(1, burst ?? Int(rate.rounded(.up)))
    }
}
