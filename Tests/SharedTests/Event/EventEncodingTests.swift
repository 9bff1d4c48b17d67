// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SeededRandom
import Testing

@testable import Shared

/// The bytes of an event: exact, small, and strict when they are read.
@Suite struct EventEncodingTests {
    private static let small = Event(
        platform: "qq",
        id: "I",
        type: nil,
        receivedAt: 258,
        method: .POST,
        pathSuffix: "/p",
        query: "",
        headers: ["A": "1", "a": ""],
        body: ByteBuffer(string: "body"),
        bodyIsUTF8: true
    )

    /// The layout is what the table in the source says; nodes of one version read what nodes of the next write.
    @Test func layoutIsFixed() throws {
        var expected: [UInt8] = [1, 0b011, 0, 0, 0, 30]
        expected += [0, 0, 0, 0, 0, 0, 1, 2]
        for text in ["qq", "I", "POST", "/p", ""] {
            expected += [UInt8(text.utf8.count)] + Array(text.utf8)
        }
        expected += [2]
        for text in ["A", "1", "a", ""] {
            expected += [UInt8(text.utf8.count)] + Array(text.utf8)
        }
        expected += Array("body".utf8)
        #expect(Array(buffer: EventEncoding.encode(Self.small)) == expected)
    }

    /// So is that of what was said, and of how to answer.
    @Test func layoutOfMessagesIsFixed() {
        let event = Event(
            platform: "",
            receivedAt: 0,
            body: ByteBuffer(),
            bodyIsUTF8: false,
            messages: [
                ChatMessage(text: "t", sender: "s", conversation: "c"),
                ChatMessage(text: nil, sender: "", conversation: nil),
                ChatMessage(text: nil, sender: nil, conversation: nil),
            ],
            reply: ReplyOffer(token: ReplyToken(node: NodeID(rawValue: 1), high: 2, low: 3), deadline: -2)
        )
        var expected: [UInt8] = [1, 0b11000, 0, 0, 0, 60] + [UInt8](repeating: 0, count: 8)
        expected += [0, 4] + Array("POST".utf8) + [0, 0]
        expected += [3, 7, 1, 0x74, 1, 0x73, 1, 0x63, 2, 0, 0]
        for number: UInt8 in 1...3 { expected += [0, 0, 0, 0, 0, 0, 0, number] }
        expected += [UInt8](repeating: 0xFF, count: 7) + [0xFE]
        expected += [0]
        #expect(Array(buffer: EventEncoding.encode(event)) == expected)
        let read = try? EventEncoding.decode(EventEncoding.encode(event))
        #expect(read?.messages == event.messages && read?.reply == event.reply)
    }

    /// And that of a replay, which only bytes of a replay have.
    @Test func layoutOfReplaysIsFixed() throws {
        let position = Position(epoch: Epoch(rawValue: 7), offset: 300)
        let waiting = Self.small.with(reply: ReplyOffer(token: .random(node: .random()), deadline: 1))
        let event = waiting.replayed(EventReplay(of: position, consumer: ConsumerName("me")))
        var expected = Array(buffer: EventEncoding.encode(Self.small))
        expected[1] |= 0b10_0000
        expected[5] += 19
        expected.insert(contentsOf: [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 44, 2, 0x6D, 0x65], at: 6 + 8 + 14)
        #expect(Array(buffer: EventEncoding.encode(event)) == expected)
        let read = try EventEncoding.decode(EventEncoding.encode(event))
        #expect(read.replay?.position == position && read.replay?.consumer == ConsumerName("me"))
        #expect(read.reply == nil && read.isFor(ConsumerName("me")) && !read.isFor(.anybody) && !read.isFor(nil))
        let forAll = try EventEncoding.decode(EventEncoding.encode(Self.small.replayed(EventReplay(of: position))))
        #expect(forAll.replay?.position == position && forAll.isFor(nil) && forAll.isFor(ConsumerName("me")))
        #expect(Self.small.isFor(nil) && Self.small.replay == nil)
    }

    /// And that of a trace, which only bytes of an event that is traced have: others are what older nodes read.
    @Test func layoutOfTracesIsFixed() throws {
        let context = try #require(TraceContext("00-0000000000000001000000000000000a-000000000000000b-01"))
        let state = try #require(TraceState(["a=1"]))
        let event = Self.small.with(trace: EventTrace(context, state: state))
        var expected = Array(buffer: EventEncoding.encode(Self.small))
        expected[1] |= 0b100_0000
        expected[5] += 29
        let numbers: [UInt8] = [1, 10, 11].flatMap { [0, 0, 0, 0, 0, 0, 0, $0] as [UInt8] }
        expected.insert(contentsOf: numbers + [1, 3, 0x61, 0x3D, 0x31], at: 6 + 8 + 14)
        #expect(Array(buffer: EventEncoding.encode(event)) == expected)
        let read = try EventEncoding.decode(EventEncoding.encode(event))
        #expect(read.trace?.context == context && read.trace?.state == state)
        #expect(EventEncoding.encode(read) == EventEncoding.encode(event))
        #expect(try EventEncoding.decode(EventEncoding.encode(Self.small)).trace == nil)
        // No span is zero, no flag is two, and no state is that.
        for (place, byte) in [(6 + 8 + 14 + 23, 0), (6 + 8 + 14 + 24, 2), (6 + 8 + 14 + 27, 0x20)] as [(Int, UInt8)] {
            #expect(Self.error(Self.replacing(expected, at: place, with: byte)) == .invalidText)
        }
    }

    /// Every part of an event is the same after it was written and read.
    @Test func everyPartSurvives() throws {
        var fields = HTTPHeaders()
        for (name, value) in [
            ("b", "1"), ("A", "2"), ("B", ""), ("b", "1"), ("", ""), ("x-text", "größer, 日本\r\n\u{0}"),
        ] {
            fields.add(name: name, value: value)
        }
        for length in [0, 1, 63, 64, 16_383, 16_384, 70_000] {
            for id in [nil, "", String(repeating: "i", count: length)] as [String?] {
                let text = String(repeating: "t", count: length)
                let event = Event(
                    platform: text,
                    id: id,
                    type: id.map { $0 + text },
                    receivedAt: -1 - Int64(length),
                    method: .RAW(value: "M" + text),
                    pathSuffix: text,
                    query: text,
                    headers: fields,
                    body: ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0) }),
                    bodyIsUTF8: length % 2 == 0
                )
                let read = try EventEncoding.decode(EventEncoding.encode(event))
                #expect(read.platform == event.platform && read.id == event.id && read.type == event.type)
                #expect(read.receivedAt == event.receivedAt && read.method == event.method)
                #expect(read.pathSuffix == event.pathSuffix && read.query == event.query)
                #expect(read.headers.map { [$0.name, $0.value] } == fields.map { [$0.name, $0.value] })
                #expect(read.body == event.body && read.bodyIsUTF8 == event.bodyIsUTF8)
            }
        }
    }

    /// The body and the header fields are where they were: reading copies neither.
    @Test func readingCopiesNoBody() throws {
        var bytes = ByteBuffer(string: "something before")
        bytes.moveReaderIndex(to: bytes.writerIndex)
        var event = Self.small
        event = event.with(body: ByteBuffer(repeating: 7, count: 20 << 20))
        bytes.writeImmutableBuffer(EventEncoding.encode(event))
        let read = try EventEncoding.decode(bytes)
        let whole = bytes.withUnsafeReadableBytes { $0 }
        let body = read.body.withUnsafeReadableBytes { $0 }
        #expect(body.count == 20 << 20)
        #expect(body.baseAddress == whole.baseAddress?.advanced(by: whole.count - body.count))
    }

    /// An event that came as bytes leaves as the same bytes, with another body too.
    @Test func readAndWrittenIsTheSame() throws {
        let bytes = EventEncoding.encode(Self.small)
        let event = try EventEncoding.decode(bytes)
        #expect(EventEncoding.encode(event) == bytes)
        #expect(EventEncoding.encode(event.with(body: event.body)) == bytes)
        let other = event.with(body: ByteBuffer(string: "other"))
        #expect(try EventEncoding.decode(EventEncoding.encode(other)).body == ByteBuffer(string: "other"))
    }

    /// Bytes that are not an event are refused with the reason.
    @Test func refusalsAreTyped() {
        let bytes = Array(buffer: EventEncoding.encode(Self.small))
        let headEnd = bytes.count - 4
        #expect(Self.error([]) == .truncated)
        for count in 1..<headEnd {
            #expect(Self.error(bytes.prefix(count)) == .truncated)
        }
        #expect(Self.error(bytes.prefix(headEnd)) == nil)
        #expect(Self.error([2] + bytes.dropFirst()) == .unknownVersion)
        #expect(Self.error([0] + bytes.dropFirst()) == .unknownVersion)
        #expect(Self.error(Self.replacing(bytes, at: 1, with: 0b1000_0011)) == .unknownFlags)
        // The head one byte longer takes the body's first byte, one shorter lacks the last field's value.
        #expect(Self.error(Self.replacing(bytes, at: 5, with: bytes[5] + 1)) == .trailingBytes)
        #expect(Self.error(Self.replacing(bytes, at: 5, with: bytes[5] - 1)) == .truncated)
        #expect(Self.error(Self.replacing(bytes, at: 2, with: 0xFF)) == .truncated)
        #expect(Self.error(Self.replacing(bytes, at: 15, with: 0xFF)) == .invalidText)
        // Lengths and counts beyond what is there, in each of the four sizes.
        for length: [UInt8] in [
            [0x3F], [0x7F, 0xFF], [0xBF, 0xFF, 0xFF, 0xFF], [0xFF] + [UInt8](repeating: 0xFF, count: 7),
        ] {
            #expect(
                Self.error(Self.head(Array(bytes[6..<14]) + length + [UInt8](repeating: 0, count: 40))) == .truncated
            )
            let beforeFields = Array(bytes[6..<bytes.count - 4 - 8])
            #expect(Self.error(Self.head(beforeFields + length + [UInt8](repeating: 0, count: 30))) == .truncated)
        }
    }

    /// A header field's value that is not UTF-8, which nothing of ours writes, is repaired; such a name is refused.
    @Test func fieldsAreRepaired() throws {
        var bytes = EventEncoding.encode(Self.small)
        bytes.setInteger(UInt8(0xFF), at: bytes.writerIndex - 4 - 4)
        #expect(try EventEncoding.decode(bytes).headers.first?.value == "\u{FFFD}")
        bytes.setInteger(UInt8(0xFF), at: bytes.writerIndex - 4 - 6)
        #expect(Self.error(Array(buffer: bytes)) == .invalidText)
    }

    /// Whatever stands in the bytes, reading them ends with an event or an error, and an event can be read in full.
    @Test func anyBytesAreSafe() {
        var random = SeededRandom(for: "EventEncodingTests.anyBytesAreSafe")
        let originals = [
            Array(buffer: EventEncoding.encode(Self.small)),
            Array(
                buffer: EventEncoding.encode(Event(platform: "", receivedAt: 0, body: ByteBuffer(), bodyIsUTF8: true))
            ),
            Array(
                buffer: EventEncoding.encode(
                    Event(
                        platform: "p",
                        receivedAt: 0,
                        body: ByteBuffer(),
                        bodyIsUTF8: true,
                        messages: [ChatMessage(text: "t", sender: "s", conversation: nil)],
                        reply: ReplyOffer(token: .random(node: .random()), deadline: 1)
                    )
                )
            ),
            Array(
                buffer: EventEncoding.encode(
                    Self.small.replayed(
                        EventReplay(of: Position(epoch: .random(), offset: 1), consumer: ConsumerName("c"))
                    )
                )
            ),
            [],
        ]
        var read = 0
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            var bytes = originals[Int.random(in: 0..<originals.count, using: &random)]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                Self.mutate(&bytes, using: &random)
            }
            guard let event = try? EventEncoding.decode(ByteBuffer(bytes: bytes)) else { continue }
            read += 1
            // Whoever copies the fields runs into `HTTPHeaders`' own demands.
            var copy = HTTPHeaders()
            for (name, value) in event.headers { copy.add(name: name, value: value) }
            #expect(copy.count <= bytes.count)
            #expect((try? EventEncoding.decode(EventEncoding.encode(event)))?.body == event.body)
        }
        #expect(read > 100)
    }

    private static func mutate(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.insert(contentsOf: random.bytes(Int.random(in: 1...20, using: &random)), at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...8, using: &random)))
        case 2 where place < bytes.count: bytes[place] = .random(in: .min ... .max, using: &random)
        case 3 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: bytes.append(contentsOf: bytes.prefix(place))
        }
    }

    private static func replacing(_ bytes: [UInt8], at index: Int, with byte: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[index] = byte
        return bytes
    }

    /// Bytes with a head of these contents, with an id and without a type.
    private static func head(_ contents: [UInt8]) -> [UInt8] {
        [1, 0b010, 0, 0, 0, UInt8(contents.count)] + contents
    }

    private static func error(_ bytes: some Sequence<UInt8>) -> EventEncodingError? {
        do {
            _ = try EventEncoding.decode(ByteBuffer(bytes: bytes))
            return nil
        } catch {
            return error
        }
    }
}
