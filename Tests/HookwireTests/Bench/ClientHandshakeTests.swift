// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct ClientHandshakeTests {
    /// Only a server that knows the key speaks WebSocket (RFC 6455, section 1.3, has the example).
    @Test func checksTheAnswer() throws {
        let handshake = ClientHandshake(key: Array("the sample nonce".utf8))
        let request = handshake.request(try LoadTarget("ws://127.0.0.1:1/ws/{secret}", scheme: .ws), secret: "S")
        #expect(request.hasPrefix("GET /ws/S HTTP/1.1\r\n"))
        #expect(request.contains("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
        #expect(request.hasSuffix("\r\n\r\n"))
        #expect(!request.lowercased().contains("extensions"))

        func head(_ status: Int, _ accept: String) throws -> HTTPResponseHead {
            try #require(
                HTTPResponseHead(Array("HTTP/1.1 \(status) x\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n".utf8))
            )
        }
        #expect(handshake.isAccepted(try head(101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")))
        #expect(!handshake.isAccepted(try head(101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=")))
        #expect(!handshake.isAccepted(try head(200, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")))
    }
}
