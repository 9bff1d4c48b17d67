// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An event for a feed, pushed or read from the log.
struct FeedMessage: Sendable {
    /// Where it stands.
    var mark: FeedMark
    /// The event's bytes; nil if only a notice was pushed.
    var event: ByteBuffer?
}

extension FeedMessage {
    /// What the scripts number events with, and others may not: one is counted on from them.
    static let offsets = UInt64(1)...(1 << 53)

    /// Reads what the script `publish` pushes: sixteen hexadecimal digits of the epoch, offset and time in eight bytes
    /// each, and the event. Nil for anything else: anyone with access to Redis can publish there.
    init?(pushed payload: ByteBuffer) {
        var rest = payload
        guard let digits = rest.readSlice(length: 16), let epoch = Epoch(padded: digits.readableBytesView),
            let (offset, time) = rest.readMultipleIntegers(as: (UInt64, UInt64).self), Self.offsets.contains(offset)
        else { return nil }
        self.mark = FeedMark(position: Position(epoch: epoch, offset: offset), time: time)
        self.event = rest.readableBytes > 0 ? rest : nil
    }
}

extension FeedMessage: FeedElement {
    var size: Int { self.event?.readableBytes ?? 0 }
    var isComplete: Bool { self.event != nil }
}
