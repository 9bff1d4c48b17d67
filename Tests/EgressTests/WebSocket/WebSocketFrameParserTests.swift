// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct WebSocketFrameParserTests {
    typealias Output = WebSocketFrameParser.Output

    private func expect(
        _ frames: [ClientFrame],
        _ expected: [Output],
        parser: WebSocketFrameParser = WebSocketFrameParser()
    ) {
        for (way, outputs) in WebSocketDripFeed.everyWay(frames.flatMap(\.bytes), parser: parser) {
            #expect(outputs == expected, "\(way)")
        }
    }

    /// RFC 6455 5.7: its own example of a masked text frame reads "Hello".
    @Test func readsTheExampleOfTheRFC() {
        let bytes: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        for (way, outputs) in WebSocketDripFeed.everyWay(bytes) {
            #expect(outputs == [.message(.text(ByteBuffer(string: "Hello")))], "\(way)")
        }
    }

    /// However the bytes are split, every kind of frame comes out the same.
    @Test func readsEveryKindOfFrameSplitAnywhere() {
        self.expect(
            [
                .text("grüße, 世界 🌍"), .binary([0, 0xFF, 0x80]), .ping("p"), .pong("whatever"), .text(""), .binary([]),
                .text("a", isFinal: false), .ping(), .continuation("", isFinal: false),
                .continuation("b", isFinal: true),
                .close(code: 1000, reason: Array("bye".utf8)),
            ],
            [
                .message(.text(ByteBuffer(string: "grüße, 世界 🌍"))),
                .message(.binary(ByteBuffer(bytes: [0, 0xFF, 0x80]))),
                .ping(ByteBuffer(string: "p")), .pong(ByteBuffer(string: "whatever")), .message(.text(ByteBuffer())),
                .message(.binary(ByteBuffer())),
                .ping(ByteBuffer()), .message(.text(ByteBuffer(string: "ab"))),
                .close(ByteBuffer(bytes: [0x03, 0xE8] + Array("bye".utf8))),
            ]
        )
    }

    /// RFC 6455 5.3: every length and every key unmasks to what was masked, in pieces of any size.
    @Test(arguments: [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 125, 126, 127, 1000, 4099])
    func unmasksPiecesOfAnySize(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        for key: [UInt8] in [[1, 2, 3, 4], [0xFF, 0, 0x80, 0x7F], [0, 0, 0, 0]] {
            let bytes = ClientFrame(opcode: 0x2, payload: payload, key: key).bytes
            for size in [1, 2, 3, 5, 7, 8, 11, 64, bytes.count] {
                let pieces = stride(from: 0, to: bytes.count, by: size).map {
                    bytes[$0..<min($0 + size, bytes.count)]
                }
                let outputs = WebSocketDripFeed.outputs(of: pieces)
                #expect(outputs == [.message(.binary(ByteBuffer(bytes: payload)))], "pieces of \(size)")
            }
        }
    }

    /// RFC 6455 5.1: a frame that is not masked ends the connection.
    @Test func refusesUnmaskedFrames() {
        for opcode: UInt8 in [0x1, 0x2, 0x8, 0x9, 0xA] {
            let frame = ClientFrame(opcode: opcode, payload: [0x41, 0x42], key: nil)
            self.expect([frame, .text("after")], [.violation(.unmaskedFrame)])
        }
    }

    /// RFC 6455 5.2: a length takes as few bytes as possible, and its 64-bit form has no top bit.
    @Test func refusesLengthsInTheWrongForm() {
        for (form, length): (ClientFrame.LengthForm, Int) in [
            (.bits16, 0), (.bits16, 125), (.bits64, 125), (.bits64, 65_535),
        ] {
            let frame = ClientFrame(opcode: 0x2, payload: Array(repeating: 0, count: length), lengthForm: form)
            let outputs = WebSocketDripFeed.outputs(of: [frame.bytes[...]], parser: .init(messageLimit: 1 << 20))
            #expect(outputs == [.violation(.lengthNotMinimal)], "\(form) \(length)")
        }
        for (form, length): (ClientFrame.LengthForm, Int) in [(.bits16, 126), (.bits16, 65_535), (.bits64, 65_536)] {
            let payload = [UInt8](repeating: 0, count: length)
            let frame = ClientFrame(opcode: 0x2, payload: payload, lengthForm: form)
            let outputs = WebSocketDripFeed.outputs(of: [frame.bytes[...]], parser: .init(messageLimit: 1 << 20))
            #expect(outputs == [.message(.binary(ByteBuffer(bytes: payload)))], "\(form) \(length)")
        }
        let outOfRange = ClientFrame(opcode: 0x2, lengthForm: .bits64, announcedLength: 1 << 63)
        self.expect([outOfRange], [.violation(.lengthOutOfRange)])
    }

    /// A message over the limit is refused by its header, before any of its payload came.
    @Test func refusesTooBigAMessageFromItsHeader() {
        let parser = WebSocketFrameParser(messageLimit: 1000)
        self.expect([.init(opcode: 0x1, announcedLength: 1001)], [.violation(.messageTooBig)], parser: parser)
        self.expect(
            [.init(opcode: 0x2, announcedLength: UInt64(Int64.max))],
            [.violation(.messageTooBig)],
            parser: parser
        )
        let payload = [UInt8](repeating: 0x61, count: 1000)
        let outputs = WebSocketDripFeed.outputs(of: [ClientFrame.text(payload).bytes[...]], parser: parser)
        #expect(outputs == [.message(.text(ByteBuffer(bytes: payload)))])
    }

    /// The limit is over all fragments of a message, and starts anew with the next one.
    @Test(arguments: [false, true]) func countsTheFragmentsTogether(discardsMessages: Bool) {
        let parser = WebSocketFrameParser(messageLimit: 10, discardsMessages: discardsMessages)
        let message = Output.message(.text(ByteBuffer(string: "0123456789")))
        self.expect(
            [
                .text("01234", isFinal: false), .continuation("56789", isFinal: true), .text("0123456789"),
                .text("01234", isFinal: false), .continuation("56789", isFinal: false),
                .init(isFinal: true, opcode: 0x0, announcedLength: 1),
            ],
            Array(repeating: discardsMessages ? .discardedMessage : message, count: 2) + [.violation(.messageTooBig)],
            parser: parser
        )
    }

    /// A socket that ignores its client's messages still checks them, and answers control frames.
    @Test func checksWhatItDiscards() {
        let parser = WebSocketFrameParser(discardsMessages: true)
        self.expect(
            [.text("grüße", isFinal: false), .ping("x"), .continuation("世界", isFinal: true), .binary([0xFF])],
            [.ping(ByteBuffer(string: "x")), .discardedMessage, .discardedMessage],
            parser: parser
        )
        self.expect([.text([0x61, 0xFF])], [.violation(.invalidUTF8)], parser: parser)
        let long = Array(String(repeating: "世", count: 3000).utf8)
        let outputs = WebSocketDripFeed.outputs(of: [ClientFrame.text(long + [0xE4]).bytes[...]], parser: parser)
        #expect(outputs == [.violation(.invalidUTF8)])
        let valid = WebSocketDripFeed.outputs(of: [ClientFrame.text(long).bytes[...]], parser: parser)
        #expect(valid == [.discardedMessage])
    }

    /// Turning to discarding in the middle of a message drops what has come of it, and nothing else.
    @Test func turnsToDiscardingWithinAMessage() {
        var parser = WebSocketFrameParser()
        var start = ByteBuffer(bytes: ClientFrame.text("ab", isFinal: false).bytes)
        #expect(parser.next(from: &start) == .fragment)
        #expect(parser.next(from: &start) == nil)
        parser.discardsMessages = true
        var rest = ByteBuffer(bytes: ClientFrame.continuation("c", isFinal: true).bytes)
        #expect(parser.next(from: &rest) == .discardedMessage)
    }

    /// Once a rule was broken nothing more is read, whatever comes.
    @Test func readsNothingAfterAViolation() {
        self.expect([.init(opcode: 0x3), .text("a"), .ping(), .close()], [.violation(.reservedOpcode)])
    }

    /// The time of an unfinished message counts from when it is first asked after, and while the rest would be read.
    @Test func tellsWhetherAMessageIsOverdue() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var parser = WebSocketFrameParser()
        func isOverdue(_ second: Int64, isReading: Bool = true) -> Bool {
            parser.isMessageOverdue(now: start + .seconds(second), timeout: .seconds(20), isReading: isReading)
        }
        func read(_ frame: ClientFrame) -> WebSocketFrameParser.Output? {
            var bytes = ByteBuffer(bytes: frame.bytes)
            return parser.next(from: &bytes)
        }
        #expect(!isOverdue(0))
        #expect(read(.text("a", isFinal: false)) == .fragment)
        #expect(!isOverdue(100))
        #expect(read(.ping("x")) == .ping(ByteBuffer(string: "x")))
        #expect(read(.continuation("b", isFinal: false)) == .fragment)
        #expect(!isOverdue(119))
        #expect(isOverdue(120))
        #expect(!isOverdue(121, isReading: false))
        #expect(!isOverdue(130))
        #expect(!isOverdue(149))
        #expect(isOverdue(150))
        #expect(read(.continuation("c", isFinal: true)) == .message(.text(ByteBuffer(string: "abc"))))
        #expect(!isOverdue(151))
        #expect(read(.text("a", isFinal: false)) == .fragment)
        #expect(!isOverdue(200))
    }

    /// A message that was announced but did not come must not cost its announced size.
    @Test func keepsNoMoreThanWhatArrived() {
        var parser = WebSocketFrameParser()
        var header = ByteBuffer(bytes: ClientFrame(opcode: 0x2, announcedLength: 65_536).bytes + [1, 2, 3])
        #expect(parser.next(from: &header) == nil)
        let kept = Mirror(reflecting: parser).descendant("payloads", "some", "message") as? ByteBuffer
        #expect(kept?.readableBytes == 3)
        #expect(kept.map { $0.capacity <= 64 } == true)
    }
}
