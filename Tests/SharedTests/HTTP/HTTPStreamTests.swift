// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Shared

/// Answers that come piece by piece, over loopback: what writes them is a task, which an embedded loop knows nothing of.
@Suite struct HTTPStreamTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private struct Cut: Error {}

    /// Where every core is at other tests, a client may take its time between its connection and its request.
    private static var patient: HTTPLimits {
        var limits = HTTPLimits()
        limits.headerTimeout = .minutes(5)
        return limits
    }

    /// What a client gets for a request, as text, until the server closes.
    private func answer(
        to request: String,
        limits: HTTPLimits = Self.patient,
        stream: @escaping @Sendable () -> HTTPStreamedResponse
    ) async throws -> String {
        let server = try await self.start(limits: limits, stream: stream)
        let collector = Collector()
        let channel = try await ClientBootstrap(group: Self.group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector) }
        }.connect(to: server.localAddress).get()
        try await channel.writeAndFlush(ByteBuffer(string: request)).get()
        try await channel.closeFuture.get()
        #expect(await server.shutdown(within: .seconds(5)))
        return collector.text
    }

    private func start(
        limits: HTTPLimits = Self.patient,
        stream: @escaping @Sendable () -> HTTPStreamedResponse
    ) async throws -> HTTPServer {
        try await HTTPServer.start(host: "127.0.0.1", port: 0, limits: limits, tls: nil, group: Self.group) { _ in
            var router = Router()
            router.on(.GET, "/stream") { _ in .stream(stream()) }
            router.on(.GET, "/plain") { _ in
                .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "plain")))
            }
            return router
        }
    }

    private func response(
        length: Int? = nil,
        _ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) -> HTTPStreamedResponse {
        HTTPStreamedResponse(status: .ok, headers: [("X-A", "b")], contentLength: length, body: body)
    }

    private let request = "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    /// A body of unknown length goes in chunks, and the last one ends it.
    @Test func chunks() async throws {
        let answer = try await self.answer(to: self.request) {
            self.response {
                try await $0.write(ByteBuffer(string: "hello, "))
                try await $0.write(ByteBuffer())
                try await $0.write(ByteBuffer(string: "world"))
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n7\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n"))
    }

    /// A body whose length was announced goes as it is, and the connection serves the next request.
    @Test func knownLength() async throws {
        let requests =
            "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let answer = try await self.answer(to: requests) {
            self.response(length: 4) {
                try await $0.write(ByteBuffer(string: "ab"))
                try await $0.write(ByteBuffer(string: "cd"))
            }
        }
        #expect(answer.contains("Content-Length: 4\r\n"))
        #expect(answer.contains("\r\n\r\nabcdHTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("plain"))
    }

    /// HEAD gets the header only, and the body is never asked for.
    @Test func head() async throws {
        let asked = Mutex(false)
        let answer = try await self.answer(
            to: "HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ) {
            self.response(length: 4) { _ in asked.withLock { $0 = true } }
        }
        #expect(answer.contains("Content-Length: 4\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(!asked.withLock { $0 })
    }

    /// HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    @Test func http10() async throws {
        let answer = try await self.answer(to: "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") {
            self.response { try await $0.write(ByteBuffer(string: "hello")) }
        }
        #expect(!answer.contains("chunked"))
        #expect(answer.hasSuffix("\r\n\r\nhello"))
    }

    /// A body that breaks off, or is not as long as was said, never looks whole: the connection ends, and nothing follows.
    @Test(arguments: [nil, 10, 3])
    func cut(length: Int?) async throws {
        let requests =
            "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let answer = try await self.answer(to: requests) {
            self.response(length: length) {
                try await $0.write(ByteBuffer(string: "hello"))
                if length == nil { throw Cut() }
            }
        }
        #expect(!answer.contains("0\r\n\r\n"))
        #expect(!answer.contains("plain"))
        #expect(length != 3 || !answer.contains("hello"))
    }

    /// A peer that does not read holds up what writes, and is cut off when its time is over; the task learns of it.
    @Test(.timeLimit(.minutes(1))) func slowPeer() async throws {
        var limits = Self.patient
        limits.bodyTimeout = .milliseconds(300)
        let (outcomes, outcome) = AsyncStream.makeStream(of: (written: Int, error: (any Error)?).self)
        let server = try await self.start(limits: limits) {
            self.response { writer in
                let piece = ByteBuffer(repeating: 0x61, count: 64 << 10)
                var written = 0
                do {
                    while written < 256 << 20 {
                        try await writer.write(piece)
                        written += piece.readableBytes
                    }
                    outcome.yield((written, nil))
                } catch {
                    outcome.yield((written, error))
                    throw error
                }
            }
        }
        let channel = try await ClientBootstrap(group: Self.group)
            .channelOption(.autoRead, value: false)
            .connect(to: server.localAddress).get()
        try await channel.writeAndFlush(ByteBuffer(string: self.request)).get()
        var iterator = outcomes.makeAsyncIterator()
        let (written, error) = try #require(await iterator.next())
        #expect(error as? HTTPBodyStream.Failure == .connectionLost)
        #expect(written < 64 << 20)
        try await channel.close()
        #expect(await server.shutdown(within: .seconds(5)))
    }
}

/// Keeps what comes.
private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let bytes = Mutex(ByteBuffer())

    var text: String { self.bytes.withLock { String(buffer: $0) } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        _ = self.bytes.withLock { $0.writeBuffer(&bytes) }
    }
}
