// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import RedisBroker
internal import Shared

/// What a node reads from Redis and writes to it for an event, beside hiredis alone.
enum RedisProtocol {
    static var benchmarks: [Benchmark] {
        [
            Benchmark("resp/message", against: "resp/message-hiredis", expecting: Self.elementCount) {
                try Self.decoding(Self.message(), pieceBytes: .max)
            },
            Benchmark("resp/message-hiredis", expecting: Self.elementCount) {
                try Self.decodingByHiredis(Self.message(), pieceBytes: .max)
            },
            Benchmark(
                "resp/message-in-pieces",
                against: "resp/message-in-pieces-hiredis",
                expecting: Self.elementCount
            ) {
                try Self.decoding(Self.message(), pieceBytes: Self.pieceBytes)
            },
            Benchmark("resp/message-in-pieces-hiredis", expecting: Self.elementCount) {
                try Self.decodingByHiredis(Self.message(), pieceBytes: Self.pieceBytes)
            },
            Benchmark("resp/script-reply", against: "resp/script-reply-hiredis", expecting: 1) {
                Self.decoding(Self.scriptReply, pieceBytes: Self.replyPieceBytes)
            },
            Benchmark("resp/script-reply-hiredis", expecting: 1) {
                Self.decodingByHiredis(Self.scriptReply, pieceBytes: Self.replyPieceBytes)
            },
            Benchmark("resp/publish", against: "resp/publish-hiredis", isRight: SamplePublication.isRight) {
                let publication = try SamplePublication()
                return { publication.encoded() }
            },
            Benchmark("resp/publish-hiredis", isRight: SamplePublication.isRight) {
                let publication = try SamplePublication()
                return { publication.encodedByHiredis() }
            },
        ]
    }

    /// `message`, the channel and the payload.
    private static let elementCount = 3
    /// A message of 900 bytes comes in four reads.
    private static let pieceBytes = 256
    /// A script's reply comes in two.
    private static let replyPieceBytes = 16

    /// What the script `publish` answers: epoch, offset and how many nodes it was pushed to.
    private static let scriptReply = ByteBuffer(string: "$20\r\n9f2c61d07a55e013 1 2\r\n")

    /// What a subscribed node is sent.
    private static func message() throws -> ByteBuffer {
        let entry = try SampleEvent.entry()
        var payload = ByteBuffer(string: "9f2c61d07a55e013")
        payload.writeMultipleIntegers(entry.position.offset, UInt64(entry.event.receivedAt) * 1_000)
        payload.writeImmutableBuffer(EventEncoding.head(of: entry.event))
        payload.writeImmutableBuffer(entry.event.body)
        let feed = SamplePublication.feed
        var message = ByteBuffer(string: "*3\r\n$7\r\nmessage\r\n$\(feed.utf8.count)\r\n\(feed)\r\n")
        message.writeString("$\(payload.readableBytes)\r\n")
        message.writeImmutableBuffer(payload)
        message.writeString("\r\n")
        return message
    }

    private static func pieces(of bytes: ByteBuffer, pieceBytes: Int) -> [ByteBuffer] {
        var rest = bytes
        var pieces: [ByteBuffer] = []
        while let piece = rest.readSlice(length: min(pieceBytes, rest.readableBytes)), piece.readableBytes > 0 {
            pieces.append(piece)
        }
        return pieces
    }

    /// Reads a reply through our reader; gives how many elements it has.
    private static func decoding(_ bytes: ByteBuffer, pieceBytes: Int) -> () throws -> Int {
        let reader = RESPReader()
        let pieces = self.pieces(of: bytes, pieceBytes: pieceBytes)
        return {
            var count = 0
            for piece in pieces {
                var input = piece
                switch try reader.next(from: &input) {
                case .array(let elements): count += elements.count
                case .bulk: count += 1
                case nil: continue
                default: return -1
                }
            }
            return count
        }
    }

    /// The same by hiredis, which keeps it within no bounds and leaves it in its own memory.
    private static func decodingByHiredis(_ bytes: ByteBuffer, pieceBytes: Int) -> () throws -> Int {
        let reader = HiredisReader()
        let pieces = self.pieces(of: bytes, pieceBytes: pieceBytes).map { Array($0.readableBytesView) }
        return {
            var count = 0
            for piece in pieces { count += reader.elements(after: piece) }
            return count
        }
    }
}
