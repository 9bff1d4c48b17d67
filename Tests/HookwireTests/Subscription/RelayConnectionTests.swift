// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import Hookwire

@Suite struct RelayConnectionTests {
    private final class Owner: RelayConnectionOwner {
        private(set) var refusals: [HandshakeRefusal] = []
        private(set) var frames: [Int] = []
        private(set) var openings = 0
        private(set) var endings = 0
        private(set) var ending = ""

        func opened(_ connection: RelayConnection) { self.openings += 1 }
        func refused(_ connection: RelayConnection, _ refusal: HandshakeRefusal) { self.refusals.append(refusal) }
        func heard(_ connection: RelayConnection) {}
        func received(_ frame: ByteBuffer, on connection: RelayConnection) { self.frames.append(frame.readableBytes) }
        func ended(_ connection: RelayConnection, code: Int?, text: String) {
            self.endings += 1
            self.ending = text
        }
    }

    /// It is added to a channel that is connected, which may say so once more: the handshake goes out once, and the end is
    /// told once.
    @Test func beginsWhereItIsAdded() throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "GET", accept: "x", owner: owner))
        channel.pipeline.fireChannelActive()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "GET"))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        _ = try channel.finish(acceptAlreadyClosed: true)
        #expect(owner.endings == 1)
    }

    /// Who ends a connection without a word may have wanted TLS, or none; who began to answer has not.
    @Test(arguments: [("", true), ("HTTP/1.1 101 Swit", false)])
    func endsWithoutAnAnswer(answer: String, isSilent: Bool) throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "GET", accept: "x", owner: owner))
        if !answer.isEmpty { try channel.writeInbound(ByteBuffer(string: answer)) }
        _ = try channel.finish(acceptAlreadyClosed: true)
        #expect(owner.ending.contains("http:// or https://") == isSilent)
        #expect(owner.endings == 1)
    }

    /// A relay that pings and does not read costs one pong, the last (RFC 6455, section 5.5.3).
    @Test func keepsOnePong() throws {
        let connection = RelayConnection(request: "", accept: "x", owner: Owner())
        let channel = EmbeddedChannel(handler: connection)
        try channel.writeInbound(
            ByteBuffer(
                string: "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
                    + "Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n"
            )
        )
        while try channel.readOutbound(as: ByteBuffer.self) != nil {}
        try Pings.expectOnePong(from: channel)
    }

    /// What comes before the answer is no answer, in however many parts, and what follows it is read.
    @Test(arguments: [1, 7, 1_000])
    func interimAnswers(size: Int) throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        let answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            + "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
            + "Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n\u{1}\u{1}a"
        var bytes = Array(answer.utf8)
        // The frame's first byte says that it is whole.
        bytes[bytes.count - 3] = 0x81
        while !bytes.isEmpty {
            try channel.writeInbound(ByteBuffer(bytes: bytes.prefix(size)))
            bytes.removeFirst(min(size, bytes.count))
        }
        #expect(owner.openings == 1 && owner.refusals.isEmpty && owner.frames == [1])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// A refusal is over when its last chunk has come: what answers may keep the connection.
    @Test func refusalInChunks() throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        let answer =
            "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "9\r\n{\"detail\"\r\n11;a=b\r\n:\"Sign in first.\"\r\n1\r\n}\r\n0\r\n"
        for byte in answer.utf8 {
            #expect(owner.refusals.isEmpty)
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
        #expect(owner.refusals.map(\.text) == ["401: Sign in first."])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// What a relay takes as a body comes in one frame, however large.
    @Test func largeFrames() throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        try channel.writeInbound(
            ByteBuffer(
                string: "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
                    + "Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n"
            )
        )
        let size = 88 << 20
        var head = ByteBuffer(bytes: [0x81, 127])
        head.writeInteger(UInt64(size))
        try channel.writeInbound(head)
        try channel.writeInbound(ByteBuffer(repeating: 0x61, count: size))
        #expect(owner.frames == [size])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// Only a relay explains its refusals with a sentence and a word for programs.
    @Test(
        arguments: [
            (#"{"title":"Unauthorized","status":401,"detail":"d","reason":"unknown_token"}"#, true),
            (#"{"detail":"d"}"#, false), ("<html></html>", false), ("", false),
        ]
    )
    func whoRefuses(body: String, isRelays: Bool) throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try channel.writeInbound(ByteBuffer(string: head + body))
        #expect(owner.refusals.map(\.isRelays) == [isRelays])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// When to come back is a number of seconds; one that is no time to wait is none.
    @Test(
        arguments: [
            ("7", TimeAmount.seconds(7)), ("0", .zero), ("99999", .hours(1)), ("-1", nil),
            ("-9223372036854775808", nil), ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
        ] as [(String, TimeAmount?)]
    )
    func retryAfter(text: String, pause: TimeAmount?) throws {
        let owner = Owner()
        let channel = EmbeddedChannel(handler: RelayConnection(request: "", accept: "x", owner: owner))
        try channel.writeInbound(
            ByteBuffer(
                string: "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: \(text)\r\n\r\n"
            )
        )
        #expect(owner.refusals.map(\.retryAfter) == [pause])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
