// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Hookwire

/// What becomes of a request to a local server, by where its answer ends.
@Suite struct LocalExchangeTests {
    private final class Server {
        let channel = EmbeddedChannel()
        let answer: EventLoopFuture<LocalAnswer>
        private let exchange: LocalExchange

        init() throws {
            let promise = self.channel.eventLoop.makePromise(of: LocalAnswer.self)
            self.answer = promise.futureResult
            let request = LocalRequest(Envelopes.event(1), to: try #require(WebAddress("http://localhost/")))
            self.exchange = LocalExchange(request, isTLS: false, start: .now(), promise: promise)
            try self.channel.pipeline.syncOperations.addHandler(self.exchange)
        }

        func sends(_ parts: [HTTPClientResponsePart]) throws {
            for part in parts { try self.channel.writeInbound(part) }
        }

        /// What the exchange comes to where no more comes in time.
        func expires() throws {
            self.exchange.expire(context: try self.channel.pipeline.syncOperations.context(handler: self.exchange))
        }

        var result: Result<LocalAnswer, any Error> { Result { try self.answer.wait() } }
    }

    private static let head = HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: .accepted))
    private static let body = HTTPClientResponsePart.body(ByteBuffer(string: "half"))

    /// Who has said what it makes of the event has had it, however its body ends: it is not sent again.
    @Test(arguments: ["time", "end", "error"], [false, true])
    func bodyWithoutAnEnd(by end: String, hasBody: Bool) throws {
        let server = try Server()
        try server.sends(hasBody ? [Self.head, Self.body] : [Self.head])
        switch end {
        case "time": try server.expires()
        case "end": server.channel.pipeline.fireChannelInactive()
        default: server.channel.pipeline.fireErrorCaught(HTTPParserError.invalidChunkSize)
        }
        let answer = try server.result.get()
        #expect(answer.status == .accepted && answer.flaw != nil && answer.flaw != .tooLong)
    }

    /// Who has said nothing may not have had it.
    @Test func noAnswer() throws {
        for end in 0...1 {
            let server = try Server()
            if end == 0 { try server.expires() } else { server.channel.pipeline.fireChannelInactive() }
            let reason = end == 0 ? "no answer in time" : "it closed the connection without an answer"
            #expect(throws: LocalFailure.unanswered(reason)) { try server.result.get() }
        }
    }

    /// A whole answer has no flaw; one that is longer than a reply may be has one.
    @Test(arguments: [false, true])
    func ends(isLong: Bool) throws {
        let server = try Server()
        let body = ByteBuffer(repeating: 0x61, count: isLong ? LocalAnswer.bodyLimit + 1 : LocalAnswer.bodyLimit)
        try server.sends([Self.head, .body(body), .end(nil)])
        let answer = try server.result.get()
        #expect(answer.flaw == (isLong ? .tooLong : nil) && answer.body.readableBytes == LocalAnswer.bodyLimit)
    }
}
