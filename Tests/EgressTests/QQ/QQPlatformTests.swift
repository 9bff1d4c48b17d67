// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Egress
@testable import Shared

/// What comes back from a platform that does not do as it should, over loopback.
@Suite struct QQPlatformTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Gives every connection the same bytes, once its request has come, and leaves it open.
    private final class Script: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let answer: String
        private var hasAnswered = false

        init(_ answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !self.hasAnswered else { return }
            self.hasAnswered = true
            context.writeAndFlush(NIOAny(ByteBuffer(string: self.answer)), promise: nil)
        }
    }

    /// Runs what asks a platform that answers with `script`.
    private func ask<Value: Sendable>(
        _ script: String,
        timeout: TimeAmount = .seconds(60),
        _ body: (QQPlatform) async throws -> Value
    ) async throws -> Value {
        let server = try await ServerBootstrap(group: Self.group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Script(script))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let address = "http://127.0.0.1:\(try #require(server.localAddress?.port))"
        let platform = QQPlatform(
            api: address,
            tokens: address,
            timeout: timeout,
            group: Self.group,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(platform))
        } catch {
            result = .failure(error)
        }
        await platform.shutdown()
        try await server.close()
        return try result.get()
    }

    /// A status that is none is no answer: what came with it goes nowhere, and the process goes on.
    @Test(.timeLimit(.minutes(1)), arguments: ["000", "001", "099", "101"])
    func status(code: String) async throws {
        let script = "HTTP/1.1 \(code) X\r\nContent-Length: 2\r\n\r\nok"
        await #expect(throws: QQRefusal.upstreamUnreachable) {
            try await self.ask(script) { try await $0.request(.GET, "/x", headers: [:]).status }
        }
    }

    /// What goes before the answer is left out, and odd but possible statuses are the platform's own.
    @Test(.timeLimit(.minutes(1)), arguments: ["200", "299", "600", "999"])
    func oddStatus(code: String) async throws {
        let script = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 \(code) X\r\nContent-Length: 2\r\n\r\nok"
        let (status, body) = try await self.ask(script) { platform in
            let answer = try await platform.request(.GET, "/x", headers: [:])
            return (answer.status.code, String(buffer: try await answer.body(upTo: 16)))
        }
        #expect("\(status)" == code && body == "ok")
    }

    /// A platform that stops in the middle of an answer that is read whole is too slow.
    @Test(.timeLimit(.minutes(1))) func wholeAnswerStalls() async throws {
        await #expect(throws: QQRefusal.upstreamTimeout) {
            try await self.ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", timeout: .milliseconds(200)) {
                try await $0.requestToken(headers: [:], body: ByteBuffer()).body(upTo: 1_024)
            }
        }
    }

    /// A platform that stops in the middle of an answer that is handed on piece by piece is cut off.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
    )
    func streamedAnswerStalls(rest: String) async throws {
        await #expect(throws: QQRefusal.upstreamTimeout) {
            try await self.ask("HTTP/1.1 200 OK\r\n\(rest)", timeout: .milliseconds(200)) { platform in
                let reply = try await platform.request(.GET, "/x", headers: [:]).reply
                guard case .stream(let response) = reply else { throw ChannelError.operationUnsupported }
                let loop = Self.group.next()
                let writer = try await loop.submit {
                    HTTPBodyWriter(
                        HTTPBodyStream(framing: .untilClose, output: Output(), eventLoop: loop),
                        eventLoop: loop
                    )
                }.get()
                try await response.body(writer)
            }
        }
    }
}

/// A client that takes all there is.
private final class Output: HTTPBodyStreamOutput {
    let takesMore = true
    func writeBody(_ bytes: ByteBuffer) {}
    func flushBody() {}
    func bodyPaused() {}
    func bodyResumed() {}
    func bodyFinished() {}
    func bodyFailed() {}
}
