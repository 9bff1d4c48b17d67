// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import Shared
import Testing

@Suite struct ConnectionFailureTests {
    /// What an error of the system or the library means, without its numbers and places.
    @Test func ofAnAddress() async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        let refused = await #expect(throws: (any Error).self) {
            try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(
                host: "127.0.0.1",
                port: port
            )
            .get()
        }
        #expect(try ConnectionFailure.text(#require(refused)) == "connection refused")
        let reset = IOError(errnoCode: ECONNRESET, reason: "read(descriptor:pointer:size:)")
        #expect(ConnectionFailure.text(reset) == "connection reset by peer")
        #expect(ConnectionFailure.text(ChannelError.connectTimeout(.seconds(5))) == "no answer in time")
        struct Other: Error, CustomStringConvertible { let description = "something else" }
        #expect(ConnectionFailure.text(Other()) == "something else")
    }

    /// TLS fails in words, without lines of the library's source.
    @Test func ofTLS() {
        struct Error: Swift.Error, CustomStringConvertible {
            let description: String
        }
        let untrusted = Error(
            description: """
                handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:\
                OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at /build/ssl/handshake.cc:390]))
                """
        )
        #expect(ConnectionFailure.tlsWords(untrusted) == "CERTIFICATE_VERIFY_FAILED")
        #expect(ConnectionFailure.tlsWords(Error(description: "uncleanShutdown")) == nil)
    }
}
