// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much of one channel's log is kept, where not what the broker keeps of all.
///
/// It goes along with every publication, and holds from each on: for what is in the log already, and for whoever reads it.
public struct ChannelRetention: Hashable, Sendable {
    /// How many events, at least 1; nil for as many as of every channel.
    public var count: Int?
    /// How long, in milliseconds; nil for as long as of every channel.
    public var ageMilliseconds: Int64?
    /// How many bytes of events, as the broker stores them: the oldest go first, the newest always stays. Nil for any
    /// number, within what the broker keeps in all.
    public var bytes: Int?

    /// - Returns: nil where it says nothing of its own.
    public init?(count: Int? = nil, ageMilliseconds: Int64? = nil, bytes: Int? = nil) {
        guard count != nil || ageMilliseconds != nil || bytes != nil else { return nil }
        self.count = count.map { max(1, $0) }
        self.ageMilliseconds = ageMilliseconds.map { max(1, $0) }
        self.bytes = bytes.map { max(1, $0) }
    }
}

extension Bot {
    /// What is kept of its log; nil for as much as of everybody's.
    public var channelRetention: ChannelRetention? {
        ChannelRetention(
            count: self.retention?.count,
            ageMilliseconds: self.retention?.age.map { $0.nanoseconds / 1_000_000 },
            bytes: self.limits.logBytes
        )
    }
}
