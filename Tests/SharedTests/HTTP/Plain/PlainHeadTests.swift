// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct PlainHeadTests {
    private static let head =
        "POST /webhook?secret=a%20b HTTP/1.1\r\nHost: bot.example.com\r\nX-Empty:\r\nX-Space: \t a b\t \r\n"
        + "CONTENT-length: 12\r\nConnection: Keep-Alive\r\n\r\n"

    private static func read(_ text: String) -> PlainHead.Outcome {
        var text = text
        return text.withUTF8 { PlainHead.read(UnsafeRawBufferPointer($0)) }
    }

    private static func isPlain(_ text: String) -> Bool {
        if case .complete = self.read(text) { true } else { false }
    }

    /// The parts are where they stand.
    @Test func parts() throws {
        guard case .complete(let head) = Self.read(Self.head + "body") else {
            Issue.record("the header is plain")
            return
        }
        let bytes = Array(Self.head.utf8)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        #expect(head.method == .post)
        #expect(text(head.target) == "/webhook?secret=a%20b")
        #expect(head.contentLength == 12)
        #expect(head.byteCount == bytes.count)
        let lines = FieldLines(bytes: ByteBuffer(bytes: bytes[head.fieldLines]), marks: head.marks)
        let expected = [
            ("Host", "bot.example.com"), ("X-Empty", ""), ("X-Space", "a b\t "), ("CONTENT-length", "12"),
            ("Connection", "Keep-Alive"),
        ]
        #expect(lines.headers.map { "\($0.name)|\($0.value)" } == expected.map { "\($0.0)|\($0.1)" })
    }

    /// A header may come in any number of pieces.
    @Test func everyPrefixIsIncomplete() {
        for count in 0..<Self.head.utf8.count {
            #expect(
                Self.read(String(decoding: Array(Self.head.utf8).prefix(count), as: UTF8.self)) == .incomplete,
                "\(count)"
            )
        }
    }

    /// What could be read in two ways, or does more than ask for an answer, is the full parser's.
    @Test(arguments: [
        ("POST", "PUT"), ("POST", "post"), ("POST /", "POST  /"), ("/webhook", "webhook"), ("/webhook", "http://a/"),
        ("a%20b", "a#b"), ("a%20b", "a\u{7F}b"), ("a%20b", "ü"), ("a%20b", "a b"), ("HTTP/1.1", "HTTP/1.0"),
        ("HTTP/1.1", "HTTP/1.1 "), (" HTTP/1.1\r\n", " HTTP/1.1\n"), ("Host: bot", "Host : bot"),
        ("Host: bot", ": bot"),
        ("bot.example", "bot example"), ("bot.example", "bot@example"), ("bot.example", "bot/example"),
        ("Host", "Hos"), ("X-Empty", "host"), ("X-Empty:\r\n", "X-Empty:\r"), ("X-Empty:\r\n", "X-Empty:\n"),
        ("X-Empty:\r\n", " folded\r\n"), ("a b", "a\u{0}b"), ("a b", "a\u{7F}b"), ("a b", "aéb"), ("12", "12 "),
        ("12", "+12"), ("12", "0x1"), ("12", ""), ("12", "1234567890"), ("12", "1,1"), ("X-Empty", "content-length"),
        ("X-Empty", "Transfer-Encoding"), ("X-Empty", "upgrade"), ("X-Empty", "Expect"), ("X-Empty", "TRAILER"),
        ("X-Empty", "Proxy-Connection"), ("Keep-Alive", "close"), ("Keep-Alive", "keep-alive, upgrade"),
    ])
    func notPlain(_ change: (old: String, new: String)) throws {
        #expect(Self.isPlain(Self.head))
        let range = try #require(Self.head.firstRange(of: change.old))
        #expect(Self.read(Self.head.replacingCharacters(in: range, with: change.new)) == .notPlain)
    }

    /// A WebSocket's handshake is plain as clients and browsers send it, and is the full parser's in any other form.
    @Test(arguments: [
        ("", "", true), ("Connection: Upgrade", "connection: keep-alive, upgrade", true),
        ("Upgrade: websocket", "UPGRADE: WebSocket", true), ("Upgrade: websocket", "Upgrade: h2c", false),
        ("Upgrade: websocket", "Upgrade: websocket, h2c", false), ("Upgrade: websocket\r\n", "", false),
        ("Connection: Upgrade\r\n", "", false), ("Connection: Upgrade", "Connection: keep-alive", false),
        ("Connection: Upgrade", "Connection: close, Upgrade", false),
        ("Connection: Upgrade", "Connection: keep-alive,Upgrade", false),
        ("Connection: Upgrade", "Connection: , Upgrade", false), ("Connection: Upgrade", "Connection: xUpgrade", false),
        ("Connection: Upgrade", "Connection: Upgrade\r\nConnection: Upgrade", false),
        ("Connection: Upgrade", "Connection: Upgrade\r\nUpgrade: websocket", false), ("GET", "POST", false),
        ("Upgrade: websocket", "Upgrade: websocket\r\nContent-Length: 0", false),
    ])
    func handshake(_ change: (old: String, new: String, isPlain: Bool)) throws {
        let handshake = "GET /ws?secret=a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        var text = handshake
        if !change.old.isEmpty {
            let range = try #require(handshake.firstRange(of: change.old))
            text = handshake.replacingCharacters(in: range, with: change.new)
        }
        #expect(Self.isPlain(text) == change.isPlain)
        if !change.isPlain { #expect(Self.read(text) == .notPlain) }
    }

    /// A header beyond the limits is left to the full parser's, however little of it has come.
    @Test func limits() {
        func head(fields: Int, bytes: Int) -> String {
            let lines = (0..<fields).map { "f\($0): \r\n" }.joined()
            let text = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "p: "
            return text + String(repeating: "p", count: bytes - text.utf8.count - 4) + "\r\n\r\n"
        }
        func start(_ count: Int) -> String {
            String(decoding: Array(head(fields: 2, bytes: 9_999).utf8).prefix(count), as: UTF8.self)
        }
        #expect(Self.isPlain(head(fields: 62, bytes: 4096)))
        #expect(Self.read(head(fields: 63, bytes: 4096)) == .notPlain)
        #expect(Self.read(head(fields: 62, bytes: 4097)) == .notPlain)
        #expect(Self.read(start(4096)) == .notPlain)
        #expect(Self.read(start(4095)) == .incomplete)
    }

    /// The sets of characters are those of the specifications.
    @Test func characters() {
        let alphanumerics = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let token = Set((alphanumerics + "!#$%&'*+-.^_`|~").utf8)
        let target = Set((alphanumerics + "-._~!$&'()*+,;=:@/?%").utf8)
        let host = Set((alphanumerics + "-._~!$&'()*+,;=%:[]").utf8)
        for byte in UInt8.min ... .max {
            #expect(ASCIISet.isToken(byte) == token.contains(byte), "\(byte)")
            #expect(ASCIISet.isTarget(byte) == target.contains(byte), "\(byte)")
            #expect(ASCIISet.isHost(byte) == host.contains(byte), "\(byte)")
        }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
