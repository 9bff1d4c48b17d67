// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Shared

@Suite struct HTTPUpgradeTests {
    private static let handshake =
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private var router: Router {
        var router = Router.sample
        router.on(.GET, "/ws") { request in
            do throws(WebSocketHandshake.Refusal) {
                return .upgrade(
                    HTTPUpgrade(headers: try WebSocketHandshake.accept(request)) {
                        try $0.pipeline.syncOperations.addHandler(Upper())
                    }
                )
            } catch {
                return .response(error.problem.response)
            }
        }
        return router
    }

    /// The answer is the one of RFC 6455, section 1.3.
    @Test func handshake() throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send(Self.handshake)
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    }

    /// A connection may change its protocol on any of its requests, as proxies that keep connections need it.
    @Test func upgradesOnALaterRequest() throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.statuses() == [200])
        try connection.send(Self.handshake)
        #expect(try connection.statuses() == [101])
        connection.channel.embeddedEventLoop.run()
        try connection.send("frames")
        #expect(try connection.answers() == "FRAMES")
    }

    /// An answer without end is a plain answer whose body is the route's own from there on, and the connection's last.
    @Test(arguments: ["1.1", "1.0"])
    func unendingAnswer(version: String) throws {
        var router = Router.sample
        router.on(.GET, "/stream") { _ in
            .upgrade(
                .unending(headers: [("Content-Type", "text/plain")]) { channel in
                    try channel.pipeline.syncOperations.addHandler(Upper())
                }
            )
        }
        let connection = try HTTPConnection(router: router)
        try connection.send("GET /stream HTTP/\(version)\r\nHost: a\r\n\r\n")
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "))
        #expect(answer.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(!answer.contains("Content-Length") && !answer.contains("Transfer-Encoding"))
        connection.channel.embeddedEventLoop.run()
        try connection.send("more")
        #expect(try connection.answers() == "MORE")
        let pipeline = connection.channel.pipeline.syncOperations
        #expect(throws: ChannelPipelineError.self) { _ = try pipeline.handler(type: PlainRequestHandler.self) }
        #expect(throws: ChannelPipelineError.self) { _ = try pipeline.handler(type: HTTPConnectionHandler.self) }
    }

    /// What comes in one packet with a request whose answer does not end is the route's, not another request.
    @Test func unendingAnswerWithEarlyBytes() throws {
        var router = Router.sample
        router.on(.GET, "/stream") { _ in
            .upgrade(.unending(headers: []) { try $0.pipeline.syncOperations.addHandler(Upper()) })
        }
        let connection = try HTTPConnection(router: router)
        try connection.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nearly")
        #expect(try connection.answers().hasSuffix("\r\n\r\nEARLY"))
    }

    /// Whoever asks for another protocol and speaks it before being told that he may does not fill the memory.
    @Test func uninvitedBytes() throws {
        var router = Router.sample
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/slow") { _ in promise.map { .promptly($0.futureResult) } ?? .response(.init(status: .gone)) }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        defer { promise?.succeed(.response(HTTPResponse(status: .ok))) }
        try connection.send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n")
        connection.channel.embeddedEventLoop.run()
        for _ in 0..<64 where connection.channel.isActive {
            try connection.channel.writeInbound(ByteBuffer(repeating: 0x61, count: 16 << 10))
        }
        #expect(!connection.channel.isActive)
    }

    /// Bytes that come in one packet with the handshake belong to the new protocol and are not lost.
    @Test func earlyBytes() throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send(Self.handshake + "early")
        connection.channel.embeddedEventLoop.run()
        #expect(try connection.answers().hasSuffix("\r\n\r\nEARLY"))
    }

    /// Early bytes are followed by the end of a read, as all others are: protocols answer in batches.
    @Test func earlyBytesAreARead() throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send(Self.handshake + "early")
        connection.channel.embeddedEventLoop.run()
        let upper = try connection.channel.pipeline.syncOperations.handler(type: Upper.self)
        #expect(upper.events.drop { $0 != "read" }.prefix(2) == ["read", "read complete"])
    }

    /// The peer sees the answer only when the new protocol is in place.
    @Test func installsBeforeItAnswers() throws {
        var router = Router()
        router.on(.GET, "/ws") { _ in
            .upgrade(
                HTTPUpgrade(headers: []) { channel in
                    let embedded = try #require(channel as? EmbeddedChannel)
                    #expect(try embedded.readOutbound(as: ByteBuffer.self) == nil)
                }
            )
        }
        let connection = try HTTPConnection(router: router)
        try connection.send(Self.handshake)
        #expect(try connection.statuses() == [101])
    }

    /// Behind an upgrade no handler of HTTP is left: they are what an idle socket would pay for.
    @Test func handlersLeave() throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send(Self.handshake)
        connection.channel.embeddedEventLoop.run()
        let pipeline = connection.channel.pipeline.syncOperations
        #expect(throws: ChannelPipelineError.self) { _ = try pipeline.handler(type: HTTPConnectionHandler.self) }
        #expect(throws: ChannelPipelineError.self) {
            _ = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        }
    }

    /// A refused upgrade has a status and a reason instead of a closed connection.
    @Test(arguments: [
        ("Upgrade: websocket", "Upgrade: h2c", 426),
        ("Connection: Upgrade", "Connection: keep-alive", 426),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
    ])
    func refusals(original: String, replacement: String, status: Int) throws {
        let connection = try HTTPConnection(router: self.router)
        try connection.send(Self.handshake.replacing(original, with: replacement))
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("application/problem+json"))
        #expect(answer.contains("Sec-WebSocket-Version: 13\r\n") == original.hasPrefix("Sec-WebSocket-Version"))
    }

    /// A client that finishes its side behind the handshake can speak no other protocol: it is closed, not kept.
    @Test func finishedClients() throws {
        var router = Router()
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/ws") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone)) }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send(Self.handshake)
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        promise?.succeed(
            .upgrade(HTTPUpgrade(headers: []) { _ in Issue.record("the client has finished its side") })
        )
        #expect(!connection.channel.isActive)
    }

    /// A client that vanishes while its upgrade is prepared leaves nothing behind.
    @Test func vanishedClients() throws {
        var router = Router()
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/ws") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone)) }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send(Self.handshake)
        try connection.channel.close().wait()
        promise?.succeed(
            .upgrade(HTTPUpgrade(headers: []) { _ in Issue.record("nobody is there to speak the new protocol") })
        )
    }
}

/// A protocol that answers in capitals.
private final class Upper: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var events: [String] = []

    func channelReadComplete(context: ChannelHandlerContext) {
        self.events.append("read complete")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.events.append("read")
        let text = String(buffer: self.unwrapInboundIn(data)).uppercased()
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
