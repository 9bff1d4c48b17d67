// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A channel's own log retention, where it differs from the broker's default.
///
/// It is passed with every publication and applies from then on, to events already in the log and to every reader.
public struct ChannelRetention: Hashable, Sendable {
    /// How many events, at least 1; nil for the broker's default.
    public var count: Int?
    /// How long, in milliseconds; nil for the broker's default.
    public var ageMilliseconds: Int64?
    /// How many bytes of events, as the broker stores them: the oldest go first, the newest always stays. Nil for no
    /// limit but the broker's overall one.
    public var bytes: Int?

    /// - Returns: nil where every argument is nil.
    public init?(count: Int? = nil, ageMilliseconds: Int64? = nil, bytes: Int? = nil) {
        guard count != nil || ageMilliseconds != nil || bytes != nil else { return nil }
        self.count = count.map { max(1, $0) }
        self.ageMilliseconds = ageMilliseconds.map { max(1, $0) }
        self.bytes = bytes.map { max(1, $0) }
    }
}

extension Bot {
    /// The retention of its log; nil for the broker's default.
    public var channelRetention: ChannelRetention? {
        ChannelRetention(
            count: self.retention?.count,
            ageMilliseconds: self.retention?.age.map { $0.nanoseconds / 1_000_000 },
            bytes: self.limits.logBytes
        )
    }
}
