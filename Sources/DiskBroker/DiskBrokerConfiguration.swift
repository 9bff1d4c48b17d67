// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Where a `DiskBroker` keeps its log, how much, and for how long.
public struct DiskBrokerConfiguration: Sendable {
    /// The smallest `limit`, in bytes.
    public static let leastLimit = 16 << 20
    /// What part of `limit` the largest event may take.
    public static let eventShare = 16

    /// The directory; it is made where only its last part is missing.
    public var directory: String
    /// How many bytes the directory's files may take together. When they are full the oldest events go first, whatever
    /// their channel. At least `leastLimit`. Default 1 GiB.
    public var limit = 1 << 30
    /// How many events a channel retains at most. Default 1,000.
    public var retentionCount = 1_000
    /// How long an event is retained, in milliseconds. Default one hour.
    public var retentionAgeMilliseconds: Int64 = 60 * 60 * 1000
    /// How many bytes, as estimated, may be queued for storing; beyond it publications fail with
    /// `BrokerError.overloaded`. Default 64 MiB.
    public var pendingLimit = 64 << 20
    /// Whether expired events are removed, and a failed disk is retried, every second. Otherwise only on publications,
    /// for tests. Default true.
    var keepsUp = true

    /// The defaults for a directory.
    public init(directory: String) {
        self.directory = directory
    }
}

extension DiskBrokerConfiguration {
    /// How long a channel's position is remembered after its last event has aged out, in milliseconds: a bot that
    /// reconnects within this time learns that it missed nothing, instead of that its position is invalid. A day.
    static let positionLifetimeMilliseconds: Int64 = 24 * 60 * 60 * 1000
    /// How many channels are remembered, but for those that have events, feeds or dead letters, which have bounds of their
    /// own. Those that have neither groups nor named consumers go first.
    static let idleChannelLimit = 65_536

    /// How long dead letters are remembered, in milliseconds; at most a year.
    var deadLetterAgeMilliseconds: Int64 {
        min(self.retentionAgeMilliseconds, 365 * Self.positionLifetimeMilliseconds / DeadLetter.retentionFactor)
            * DeadLetter.retentionFactor
    }

    /// How long a channel without events, and where its consumers and groups are, is remembered, in milliseconds: no
    /// shorter than its dead letters. One that keeps its events for a longer time of its own has a day beyond that.
    var channelLifetimeMilliseconds: Int64 {
        max(
            self.retentionAgeMilliseconds + Self.positionLifetimeMilliseconds,
            self.deadLetterAgeMilliseconds + Self.positionLifetimeMilliseconds
        )
    }
}
