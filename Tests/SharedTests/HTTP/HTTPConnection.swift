// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import Shared

/// A connection of a server under test: bytes in, bytes out, on an embedded event loop.
final class HTTPConnection {
    let channel = EmbeddedChannel()

    convenience init(limits: HTTPLimits = HTTPLimits(), router: Router) throws {
        try self.init(limits: limits) { _ in router }
    }

    init(limits: HTTPLimits, router: (EmbeddedEventLoop) -> Router) throws {
        let router = router(self.channel.embeddedEventLoop)
        try HTTPServer.configure(self.channel, loop: HTTPLoop(router: router, limits: limits), tls: nil)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// A connection whose requests are all read by the full parser.
    init(parsing limits: HTTPLimits, router: (EmbeddedEventLoop) -> Router) throws {
        let router = router(self.channel.embeddedEventLoop)
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandler(ByteToMessageHandler<HTTPRequestDecoder>(parsing: limits))
        try pipeline.addHandler(HTTPConnectionHandler(loop: HTTPLoop(router: router, limits: limits)))
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Sends text, all at once.
    func send(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
    }

    /// Sends text one byte at a time.
    func drip(_ text: String) throws {
        for byte in text.utf8 {
            try self.channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
    }

    /// All that was answered since the last call.
    func answers() throws -> String {
        // Answers go out when the loop has read what was there.
        self.channel.embeddedEventLoop.run()
        var text = ""
        while let bytes = try self.channel.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: bytes)
        }
        return text
    }

    /// The status lines of what was answered since the last call.
    func statuses() throws -> [Int] {
        try self.answers().split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }
}

extension Router {
    /// `POST /echo` answers with the body, `GET /hello` with a greeting.
    static var sample: Router {
        var router = Router()
        router.on(.POST, "/echo") { .response(HTTPResponse(contentType: "text/plain", body: $0.body)) }
        router.on(.GET, "/hello") { _ in
            .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "hello")))
        }
        return router
    }
}
