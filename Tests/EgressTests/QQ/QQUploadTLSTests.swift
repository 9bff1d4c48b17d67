// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import Egress
@testable import Shared

/// Uploads over TLS; the system tests have those over plain HTTP.
@Suite struct QQUploadTLSTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// A body goes through TLS whole, longer than any buffer on the way.
    @Test(.timeLimit(.minutes(1)), arguments: [nil, 8 << 20])
    func upload(length: Int?) async throws {
        let certificate = try Certificate()
        let server = try await self.start(certificate)
        let port = try #require(server.localAddress.port)
        let answer = try await self.send(to: port, trust: .certificates(certificate.chain), length: length)
        #expect(answer == "\(8 << 20)")
        #expect(await server.shutdown(within: .seconds(5)))
    }

    /// A platform whose certificate is not trusted is not sent anything.
    @Test(.timeLimit(.minutes(1))) func untrusted() async throws {
        let certificate = try Certificate()
        let server = try await self.start(certificate)
        let port = try #require(server.localAddress.port)
        await #expect(throws: QQRefusal.upstreamUnreachable) {
            try await self.send(to: port, trust: .certificates([]), length: nil)
        }
        #expect(await server.shutdown(within: .seconds(5)))
    }

    /// A server that says how many bytes it was sent.
    private func start(_ certificate: Certificate) async throws -> HTTPServer {
        var limits = HTTPLimits()
        limits.body = 16 << 20
        return try await HTTPServer.start(
            host: "127.0.0.1",
            port: 0,
            limits: limits,
            tls: ServerTLS(certificate.serverContext),
            group: Self.group
        ) { _ in
            var router = Router()
            router.on(.POST, "/up") {
                .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "\($0.body.readableBytes)")))
            }
            return router
        }
    }

    private func send(to port: Int, trust: NIOSSLTrustRoots, length: Int?) async throws -> String {
        let address = try #require(QQUpstreamAddress("https://127.0.0.1:\(port)"))
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = trust
        let uploader = QQUploader(address: address, connectTimeout: .seconds(5), timeout: .seconds(30), tls: tls)
        let eventLoop = Self.group.next()
        let response = try await eventLoop.flatSubmit {
            let source = PieceSource(count: 128, size: 64 << 10)
            let body = HTTPBodyInflow(length: length, source: source)
            source.body = body
            return uploader.send(.POST, "/up", headers: [:], body: body, on: eventLoop)
        }.get()
        return String(buffer: try await response.body.collect(upTo: 1_024))
    }
}

/// Gives pieces as they are asked for, and then the end.
private final class PieceSource: HTTPBodyInflowSource {
    weak var body: HTTPBodyInflow?
    private var count: Int
    private let piece: ByteBuffer

    init(count: Int, size: Int) {
        self.count = count
        self.piece = ByteBuffer(repeating: 0x61, count: size)
    }

    func bodyAsked() {
        if self.count > 0 {
            self.count -= 1
            self.body?.deliver(self.piece)
        } else {
            self.body?.deliverEnd()
        }
    }
}

/// A certificate of its own authority for 127.0.0.1.
private struct Certificate {
    let chain: [NIOSSLCertificate]
    let serverContext: NIOSSLContext

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("upload-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-subj", "/CN=Test server", "-addext", "subjectAltName=IP:127.0.0.1", "-newkey",
            "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
        ]
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        self.chain = try NIOSSLCertificate.fromPEMFile(folder.path + "/cert.pem")
        let key = try NIOSSLPrivateKey(file: folder.path + "/key.pem", format: .pem)
        self.serverContext = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: self.chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
        )
    }
}
