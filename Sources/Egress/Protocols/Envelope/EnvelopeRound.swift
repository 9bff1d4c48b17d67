// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import Shared

/// A round's events in envelopes: each is made when the first member asks, and all sockets and streams of the channel
/// share the bytes.
package final class EnvelopeRound {
    private let envelopes: [Envelope]
    /// All of them, as frames of sockets and as blocks of event streams.
    package private(set) lazy var frames = Self.frames(self.envelopes[...])
    private(set) lazy var blocks = EventStreamFormat.blocks(self.envelopes[...])

    /// - Parameter offersReplies: whether those who get it may answer.
    init(_ entries: ArraySlice<LogEntry>, channel: ChannelID, offersReplies: Bool = true) {
        self.envelopes = entries.map { Envelope($0, channel: channel, offersReply: offersReplies) }
    }

    /// What a member of a group is given; each event with its own number of attempts.
    init(_ deliveries: [GroupPage.Delivery], channel: ChannelID, offersReplies: Bool = true) {
        self.envelopes = deliveries.map {
            Envelope($0.entry, channel: channel, attempt: $0.attempt, offersReply: offersReplies)
        }
    }

    /// The frames of those behind an offset.
    func frames(after offset: UInt64) -> ByteBuffer {
        Self.frames(self.envelopes.drop { $0.position.offset <= offset })
    }

    /// The blocks of those behind an offset.
    func blocks(after offset: UInt64) -> ByteBuffer {
        EventStreamFormat.blocks(self.envelopes.drop { $0.position.offset <= offset })
    }

    private static func frames(_ envelopes: ArraySlice<Envelope>) -> ByteBuffer {
        var frames = ByteBuffer()
        frames.reserveCapacity(
            envelopes.reduce(0) {
                $0 + WebSocketFrameEncoder.headerLength(payloadLength: $1.length) + $1.length
            }
        )
        for envelope in envelopes {
            WebSocketFrameEncoder.appendHeader(.text, payloadLength: envelope.length, into: &frames)
            envelope.write(into: &frames)
        }
        return frames
    }
}
