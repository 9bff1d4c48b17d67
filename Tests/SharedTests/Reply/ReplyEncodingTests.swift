// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Testing

@testable import Shared

/// The bytes of a reply: exact, and strict when they are read. The broker's conformance rules have the round trips.
@Suite struct ReplyEncodingTests {
    private static let response = Reply.response(
        .init(
            status: 404,
            headers: [.init(name: "a", value: ""), .init(name: "A", value: "ü")],
            body: ByteBuffer(string: "body")
        )
    )

    /// The layout is what the table in the source says; nodes of one version read what nodes of the next write.
    @Test func layoutIsFixed() {
        #expect(Array(buffer: ReplyEncoding.encode(.text("ü"))) == [1, 0xC3, 0xBC])
        let expected: [UInt8] = [2, 1, 148, 2, 1, 0x61, 0, 1, 0x41, 2, 0xC3, 0xBC] + Array("body".utf8)
        #expect(Array(buffer: ReplyEncoding.encode(Self.response)) == expected)
    }

    /// A body that nobody could read is no reply's.
    @Test(arguments: [(204, "", true), (204, "a", false), (205, "a", false), (304, "a", false), (200, "a", true)])
    func statusesWithoutBody(status: Int, body: String, isFit: Bool) {
        let reply = Reply.response(.init(status: status, headers: [], body: ByteBuffer(string: body)))
        #expect(reply.isFit == isFit)
    }

    /// A body is not copied when it is read: it may be a mebibyte.
    @Test func readingCopiesNoBody() throws {
        let bytes = ReplyEncoding.encode(
            .response(.init(status: 200, headers: [], body: ByteBuffer(repeating: 7, count: ReplyLimits.bodyBytes)))
        )
        guard case .response(let response)? = ReplyEncoding.decode(bytes) else {
            Issue.record("what was written could not be read")
            return
        }
        let whole = bytes.withUnsafeReadableBytes { $0 }
        let body = response.body.withUnsafeReadableBytes { $0 }
        #expect(body.baseAddress == whole.baseAddress?.advanced(by: whole.count - body.count))
    }

    /// Bytes that are no reply, or one beyond the limits, are none.
    @Test func othersAreRefused() {
        let whole = Array(buffer: ReplyEncoding.encode(Self.response))
        for count in 0..<whole.count - 4 { #expect(Self.decode(Array(whole.prefix(count))) == nil) }
        let refused: [[UInt8]] = [
            [], [0], [3], [1, 0xFF], [1, 0xED, 0xA0, 0x80], [2, 0, 199, 0], [2, 2, 88, 0], [2, 0xFF, 0xFF, 0],
            [2, 0, 200, 1, 1, 0x20, 0], [2, 0, 200, 1, 0, 0], [2, 0, 200, 1, 1, 0x61, 1, 0x0A],
            [2, 0, 200, 1, 1, 0x61, 1, 0xFF], [2, 0, 200, 1, 2, 0xC3, 0xBC, 0], [2, 0, 200, 0x40, 65],
            [2, 0, 200, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [1] + [UInt8](repeating: 0x61, count: ReplyLimits.textBytes + 1),
            [2, 0, 200, 0] + [UInt8](repeating: 0x61, count: ReplyLimits.bodyBytes + 1),
        ]
        for bytes in refused { #expect(Self.decode(bytes) == nil) }
        #expect(Self.decode([2, 0, 200, 0]) != nil)
    }

    /// Whatever stands in the bytes, what is read is fit, and reads the same once it is written again.
    @Test func anyBytesAreSafe() {
        var random = SeededRandom(for: "ReplyEncodingTests.anyBytesAreSafe")
        let originals = [Array(buffer: ReplyEncoding.encode(Self.response)), [1, 0x61, 0xC3, 0xBC], []]
        var read = 0
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            var bytes = originals[Int.random(in: 0..<originals.count, using: &random)]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.insert(contentsOf: random.bytes(Int.random(in: 1...20, using: &random)), at: place)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 3))
                case _ where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: break
                }
            }
            guard let reply = Self.decode(bytes) else { continue }
            read += 1
            #expect(reply.isFit)
            #expect(ReplyEncoding.decode(ReplyEncoding.encode(reply)) == reply)
        }
        #expect(read > 100)
    }

    private static func decode(_ bytes: [UInt8]) -> Reply? {
        ReplyEncoding.decode(ByteBuffer(bytes: bytes))
    }
}
