// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import Shared
internal import Synchronization

/// Proxies requests with long bodies, or bodies of unknown length, each on a connection of its own. Any thread.
///
/// async-http-client carries everything else. There, an upload that the platform refuses before it has read the body
/// leaves the task that writes the body suspended for ever (1.37, `Transaction.StateMachine.receiveResponseEnd`), and
/// any client can provoke such refusals.
final class QQUploader: Sendable {
    private let address: QQUpstreamAddress
    private let connectTimeout: TimeAmount
    private let timeout: TimeAmount
    private let tlsConfiguration: TLSConfiguration
    /// Created for the first upload over TLS, since it reads the system's certificates.
    private let tls = Mutex<NIOSSLContext?>(nil)

    init(
        address: QQUpstreamAddress,
        connectTimeout: TimeAmount,
        timeout: TimeAmount,
        tls: TLSConfiguration = .makeClientConfiguration()
    ) {
        self.address = address
        self.tlsConfiguration = tls
        self.connectTimeout = connectTimeout
        self.timeout = timeout
    }

    /// Sends a request.
    ///
    /// - Parameter eventLoop: the body's, on which this is called.
    /// - Returns: the response once it begins; fails with a `QQRefusal` if there is none.
    func send(
        _ method: HTTPMethod,
        _ target: String,
        headers: HTTPHeaders,
        body: HTTPBodyInflow,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<HTTPClientResponse> {
        guard !target.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            return eventLoop.makeFailedFuture(QQRefusal.badTarget)
        }
        let tls: NIOSSLContext?
        do {
            tls = try self.address.isTLS ? self.tlsContext() : nil
        } catch {
            return eventLoop.makeFailedFuture(QQRefusal.upstreamUnreachable)
        }
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: self.address.path + target, headers: headers)
        head.headers.replaceOrAdd(name: "Host", value: self.address.hostField)
        head.headers.add(name: "Connection", value: "close")
        if let length = body.length {
            head.headers.add(name: "Content-Length", value: "\(length)")
        } else {
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        let began = eventLoop.makePromise(of: HTTPClientResponse.self)
        let upload = QQUpload(head: head, body: body, waitsForTLS: tls != nil, timeout: self.timeout, began: began)
        let bound = NIOLoopBound(upload, eventLoop: eventLoop)
        let host = self.address.host
        ClientBootstrap(group: eventLoop)
            .connectTimeout(self.connectTimeout)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: self.address.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    do {
                        try Self.configure(channel, upload: bound.value, tls: tls, host: host)
                    } catch {
                        began.fail(QQRefusal.upstreamUnreachable)
                        channel.close(promise: nil)
                    }
                case .failure(let error):
                    let isTimeout = if case .connectTimeout? = error as? ChannelError { true } else { false }
                    began.fail(isTimeout ? QQRefusal.upstreamTimeout : .upstreamUnreachable)
                }
            }
        return began.futureResult
    }

    /// Sets up the pipeline of a connection to the platform. On its event loop.
    private static func configure(
        _ channel: any Channel,
        upload: QQUpload,
        tls: NIOSSLContext?,
        host: String
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
        }
        var encoding = HTTPRequestEncoder.Configuration()
        // The header already declares the framing, whatever the method.
        encoding.automaticallySetFramingHeaders = false
        try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
        // After an upgrade response it stops parsing.
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes), maximumBufferSize: 1 << 20)
        )
        try pipeline.addHandler(NIOHTTPRequestHeadersValidator())
        try pipeline.addHandler(upload)
    }

    private func tlsContext() throws -> NIOSSLContext {
        try self.tls.withLock { tls in
            if let tls { return tls }
            var configuration = self.tlsConfiguration
            configuration.applicationProtocols = ["http/1.1"]
            let made = try NIOSSLContext(configuration: configuration)
            tls = made
            return made
        }
    }
}
