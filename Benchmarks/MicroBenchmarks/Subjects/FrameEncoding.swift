// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Egress
internal import FoundationEssentials
internal import NIOCore
internal import Shared
internal import SignedRequests

/// What sockets are sent for an event of 600 bytes: made once for all sockets of a channel on an event loop.
enum FrameEncoding {
    static var benchmarks: [Benchmark] {
        [
            Benchmark("frame/raw-text", against: "frame/copied-body", isRight: Self.isRawFrame) {
                let entry = try SampleEvent.entry()
                return { FeedRound(entries: [entry]).rawFrames }
            },
            // No less can be done: new memory, and the body in it.
            Benchmark("frame/copied-body", isRight: Self.isCopiedBody) {
                let body = try SampleEvent.entry().event.body
                return {
                    var copy = ByteBuffer()
                    copy.reserveCapacity(body.readableBytes)
                    copy.writeImmutableBuffer(body)
                    return copy
                }
            },
            Benchmark("frame/envelope", against: "frame/raw-text", isRight: Self.isEnvelopeFrame) {
                let entry = try SampleEvent.entry()
                return { FeedRound(entries: [entry]).envelopes(on: SampleEvent.channel).frames }
            },
        ]
    }

    /// A text frame of up to 65,535 bytes (RFC 6455, section 5.2); its payload.
    private static func payload(of frame: ByteBuffer) -> ByteBuffer? {
        var rest = frame
        guard let (start, marker, length) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self),
            start == 0x81, marker == 126, Int(length) == rest.readableBytes
        else { return nil }
        return rest
    }

    private static func isCopiedBody(_ copy: ByteBuffer) -> Bool {
        (try? SampleEvent.entry().event.body) == copy
    }

    private static func isRawFrame(_ frame: ByteBuffer) -> Bool {
        self.payload(of: frame).map(self.isCopiedBody) ?? false
    }

    private static func isEnvelopeFrame(_ frame: ByteBuffer) -> Bool {
        struct CloudEvent: Decodable {
            struct Payload: Decodable { let t: String }
            let specversion: String
            let type: String
            let data: Payload
        }
        guard let payload = self.payload(of: frame),
            let event = try? JSONDecoder().decode(CloudEvent.self, from: Data(payload.readableBytesView))
        else { return false }
        return event.specversion == "1.0" && event.type == "GROUP_AT_MESSAGE_CREATE" && event.data.t == event.type
    }
}
