// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import Shared

/// A round's events as envelopes: each form is encoded when the first member asks, and all sockets and streams of the
/// channel share the bytes.
package final class EnvelopeRound {
    private let envelopes: [Envelope]
    /// All of them, as frames of sockets and as blocks of event streams.
    package private(set) lazy var frames = Self.frames(self.envelopes[...])
    private(set) lazy var blocks = EventStreamFormat.blocks(self.envelopes[...])

    /// - Parameter offersReplies: whether the recipients may reply.
    init(_ entries: ArraySlice<LogEntry>, channel: ChannelID, offersReplies: Bool = true) {
        self.envelopes = entries.map { Envelope($0, channel: channel, offersReply: offersReplies) }
    }

    /// Creates the envelopes for a member of a group; each event with its own attempt number.
    init(_ deliveries: [GroupPage.Delivery], channel: ChannelID, offersReplies: Bool = true) {
        self.envelopes = deliveries.map {
            Envelope($0.entry, channel: channel, attempt: $0.attempt, offersReply: offersReplies)
        }
    }

    /// The frames of the events after an offset.
    func frames(after offset: UInt64) -> ByteBuffer {
        Self.frames(self.envelopes.drop { $0.position.offset <= offset })
    }

    /// The blocks of the events after an offset.
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
