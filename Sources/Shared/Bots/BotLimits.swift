// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The limits of one bot; nil means the node's default.
public struct BotLimits: Sendable, Equatable {
    /// Genuine webhook requests, across all ingress nodes.
    public var requests: RateLimit?
    /// Concurrent sockets and event streams, across all egress nodes.
    public var sockets: Int?
    /// Bytes of events in its log; the oldest go first.
    public var logBytes: Int?

    public init() {}
}

/// A token bucket: sustained rate per second, and burst.
public struct RateLimit: Sendable, Equatable {
    /// The sustained rate per second.
    public var rate: Double
    /// The burst, at least 1.
    public var burst: Int

    /// - Parameter burst: nil for one second's worth, at least 1.
    public init(rate: Double, burst: Int? = nil) {
        self.rate = rate
        self.burst = max(1, burst ?? Int(rate.rounded(.up)))
    }
}
