// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import SeededRandom
import Synchronization
import Testing

@testable import Shared

/// The PROXY protocol as HAProxy describes it, byte by byte and at once.
@Suite struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    /// What becomes of bytes that come in pieces of a size; the bytes that are left are as text.
    private static func outcome(_ bytes: [UInt8], pieces: Int) -> ProxyHeaderStateMachine.Action {
        var machine = ProxyHeaderStateMachine()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces)
            rest = rest.dropFirst(pieces)
            switch machine.received(ByteBuffer(bytes: piece)) {
            case .wait: continue
            case .proceed(let header, var bytes):
                bytes.writeBytes(rest)
                return .proceed(header, ByteBuffer(bytes: bytes.readableBytesView))
            case .close(let violation): return .close(violation)
            }
        }
        return machine.inputClosed()
    }

    private static func expect(
        _ bytes: [UInt8],
        _ expected: ProxyHeaderStateMachine.Action,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for pieces in [1, 2, 7, 4_096] {
            #expect(self.outcome(bytes, pieces: pieces) == expected, sourceLocation: sourceLocation)
        }
    }

    private static func v2(_ command: UInt8, _ family: UInt8, _ body: [UInt8]) -> [UInt8] {
        self.signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    /// Version 1 names a client, or nobody, and what follows is the connection's.
    @Test func lines() throws {
        let request = "GET / HTTP/1.1\r\n\r\n"
        let client = try SocketAddress(ipAddress: "192.0.2.1", port: 56_324)
        Self.expect(
            Array("PROXY TCP4 192.0.2.1 192.0.2.11 56324 443\r\n\(request)".utf8),
            .proceed(.client(client), ByteBuffer(string: request))
        )
        Self.expect(
            Array("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n\(request)".utf8),
            .proceed(.client(try SocketAddress(ipAddress: "2001:db8::1", port: 1)), ByteBuffer(string: request))
        )
        Self.expect(Array("PROXY UNKNOWN\r\nx".utf8), .proceed(ProxyHeader.none, ByteBuffer(string: "x")))
        Self.expect(
            Array("PROXY UNKNOWN ffff:f...f:ffff whatever\r\nx".utf8),
            .proceed(ProxyHeader.none, ByteBuffer(string: "x"))
        )
    }

    /// What is no header goes on as it came.
    @Test(arguments: [
        "POST / HTTP/1.1\r\n", "PROPFIND /", "PROXIED", "GET", "\r\nGET /", "\r\n\r\nGET", "P", "\u{16}\u{3}\u{1}",
    ])
    func others(text: String) {
        Self.expect(Array(text.utf8), .proceed(nil, ByteBuffer(string: text)))
    }

    /// Broken lines end the connection, with a reason.
    @Test(arguments: [
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", ProxyHeaderViolation.badLine),
        ("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", .badLine), ("PROXY \r\n", .badLine),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .badLine), ("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", .badLine),
        ("PROXY TCP4 1.2.3.4 1.2.3 1 1\r\n", .badAddress), ("PROXY TCP4 ::1 ::1 1 1\r\n", .badAddress),
        ("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", .badAddress), ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", .badAddress),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n", .badAddress), ("PROXY TCP4 1.2.3.4 1.2.3.4", .incomplete),
        ("PROXY UNKNOWN " + String(repeating: "x", count: 100), .lineTooLong),
    ])
    func brokenLines(text: String, violation: ProxyHeaderViolation) {
        Self.expect(Array(text.utf8), .close(violation))
    }

    /// Version 2 names a client, or nobody; what else it says is passed over.
    @Test func binary() throws {
        let rest = ByteBuffer(string: "GET")
        let v4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xDC, 0x04, 1, 187]
        let client = try SocketAddress(ipAddress: "192.0.2.1", port: 0xDC04)
        Self.expect(Self.v2(0x21, 0x11, v4) + rest.readableBytesView, .proceed(.client(client), rest))
        Self.expect(Self.v2(0x21, 0x11, v4 + [4, 0, 1, 0]) + rest.readableBytesView, .proceed(.client(client), rest))
        let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
        let client6 = try SocketAddress(ipAddress: "2001:db8::1", port: 258)
        Self.expect(
            Self.v2(0x21, 0x21, v6 + v6 + [1, 2, 0, 80]) + rest.readableBytesView,
            .proceed(.client(client6), rest)
        )
        for header in [
            Self.v2(0x20, 0x11, v4), Self.v2(0x20, 0x00, []), Self.v2(0x21, 0x00, [1, 2, 3]),
            Self.v2(0x21, 0x31, Array(repeating: 0, count: 216)), Self.v2(0x20, 0xFF, []),
        ] {
            Self.expect(header + rest.readableBytesView, .proceed(ProxyHeader.none, rest))
        }
    }

    /// Broken headers of version 2 end the connection, with a reason.
    @Test func brokenBinary() {
        Self.expect(Self.v2(0x11, 0x11, []), .close(.badCommand))
        Self.expect(Self.v2(0x22, 0x11, []), .close(.badCommand))
        Self.expect(Self.v2(0x21, 0x11, [1, 2, 3]), .close(.tooShort))
        Self.expect(Self.v2(0x21, 0x31, [1, 2, 3]), .close(.tooShort))
        Self.expect(Self.v2(0x21, 0x41, []), .close(.badFamily))
        Self.expect(Self.v2(0x21, 0x13, []), .close(.badFamily))
        Self.expect(Self.signature + [0x21, 0x11, 0x10, 0x01], .close(.tooLong))
        Self.expect(Self.v2(0x21, 0x11, [1, 2]).dropLast(), .close(.incomplete))
        Self.expect(Self.signature + [0x21], .close(.incomplete))
    }

    private static func expect(_ bytes: ArraySlice<UInt8>, _ expected: ProxyHeaderStateMachine.Action) {
        self.expect(Array(bytes), expected)
    }

    /// Any bytes, in any pieces, come to the same end, and none is lost.
    @Test func fuzz() {
        var random = SeededRandom(for: "ProxyHeaderTests.fuzz")
        let seeds = [
            Array("PROXY TCP4 192.0.2.1 192.0.2.11 56324 443\r\nGET / HTTP/1.1\r\n".utf8),
            Array("PROXY UNKNOWN\r\n".utf8),
            Self.v2(0x21, 0x11, [192, 0, 2, 1, 192, 0, 2, 2, 0xDC, 0x04, 1, 187]),
            Self.v2(0x20, 0x00, []) + Array("GET".utf8),
        ]
        for _ in 0..<20_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            let whole = Self.outcome(bytes, pieces: .max)
            #expect(Self.outcome(bytes, pieces: Int.random(in: 1...20, using: &random)) == whole, "\(bytes)")
            if case .proceed(nil, let rest) = whole { #expect(Array(rest.readableBytesView) == bytes) }
        }
    }

    private static func connection(peer: String, trusting proxies: TrustedProxies) throws -> EmbeddedChannel {
        var router = Router()
        router.on(.GET, "/") { request in
            .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "<\(request.clientAddress)>")))
        }
        return try self.connection(peer: peer, of: HTTPLoop(router: router, limits: HTTPLimits(), proxies: proxies))
    }

    private static func connection(peer: String, of loop: HTTPLoop) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: peer, port: 1)
        try HTTPServer.configure(channel, loop: loop, tls: nil)
        try channel.connect(to: SocketAddress(ipAddress: peer, port: 1)).wait()
        return channel
    }

    private static func answer(_ channel: EmbeddedChannel) throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    /// A request behind the header is answered as the client's, and so are those after it.
    @Test func requests() throws {
        let channel = try Self.connection(peer: "10.0.0.1", trusting: TrustedProxies(IPNetwork.private))
        for byte in "PROXY TCP4 192.0.2.1 192.0.2.11 56324 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8 {
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
        #expect(try Self.answer(channel).contains("<192.0.2.1>"))
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(try Self.answer(channel).contains("<192.0.2.1>"))
        #expect(throws: (any Error).self) { try channel.pipeline.syncOperations.handler(type: ProxyHeaderHandler.self) }
        _ = try? channel.finish()
    }

    /// A peer that sends no more, as a health check does, is let go at once, and what it began is refused as anybody's.
    @Test(arguments: [("", ""), ("PRO", "HTTP/1.1 400"), ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200")])
    func endOfInput(text: String, answer: String) throws {
        let channel = try Self.connection(peer: "10.0.0.1", trusting: TrustedProxies(IPNetwork.private))
        if !text.isEmpty { try channel.writeInbound(ByteBuffer(string: text)) }
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try Self.answer(channel).hasPrefix(answer))
        #expect(!channel.isActive)
        _ = try? channel.finish()
    }

    /// From anybody else it is a bad request, and a broken one from a trusted peer is the end.
    @Test func refusals() throws {
        let stranger = try Self.connection(peer: "192.0.2.7", trusting: TrustedProxies(IPNetwork.private))
        _ = try? stranger.writeInbound(
            ByteBuffer(string: "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        )
        #expect(try Self.answer(stranger).hasPrefix("HTTP/1.1 400"))
        let proxy = try Self.connection(peer: "10.0.0.1", trusting: TrustedProxies(IPNetwork.private))
        _ = try? proxy.writeInbound(ByteBuffer(string: "PROXY TCP9\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(try Self.answer(proxy) == "")
        #expect(!proxy.isActive)
        for channel in [stranger, proxy] { _ = try? channel.finish() }
    }

    /// A proxy that breaks the protocol with each of its connections does not have a line for each.
    @Test func linesOfManyRefusals() throws {
        let lines = Mutex(0)
        let handler = JSONLogHandler(label: "test") { _ in lines.withLock { $0 += 1 } }
        let logger = Logger(label: "test") { _ in handler }
        let proxies = TrustedProxies(IPNetwork.private)
        let loop = HTTPLoop(router: Router(), limits: HTTPLimits(), proxies: proxies, logger: logger)
        for _ in 0..<20 {
            let channel = try Self.connection(peer: "10.0.0.1", of: loop)
            _ = try? channel.writeInbound(ByteBuffer(string: "PROXY TCP9\r\n"))
            #expect(!channel.isActive)
            _ = try? channel.finish()
        }
        #expect((5..<20).contains(lines.withLock { $0 }))
    }
}
