// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

/// State shared by the connections of one event loop. Confined to that loop.
final class HTTPLoop {
    let router: Router
    let limits: HTTPLimits
    /// The proxies trusted to report a client's address; nil for none.
    let proxies: TrustedProxies?
    /// Logs PROXY protocol violations by trusted proxies, sampled since every connection may have one; nil for no log.
    let proxyFaults: SampledLog?
    /// Logs failed TLS handshakes, sampled since any client can cause one; nil for no log.
    private let handshakeFailures: SampledLog?
    let date = HTTPDate()
    /// The connections to flush when the loop has finished its reads.
    private var unflushed: [HTTPConnectionHandler] = []

    init(router: Router, limits: HTTPLimits, proxies: TrustedProxies = .none, logger: Logger? = nil) {
        self.router = router
        self.limits = limits
        self.proxies = proxies.isEmpty ? nil : proxies
        self.proxyFaults = logger.map { SampledLog($0, level: .warning, burst: 5, perSecond: 0.2) }
        self.handshakeFailures = logger.map { SampledLog($0, burst: 5, perSecond: 0.2) }
    }

    /// Flushes a connection's responses once all readable connections have been read, the store's included.
    ///
    /// Flushed one at a time, each response wakes a sleeping client, which costs more than everything else done for an
    /// event. Flushed together they wake it once. A loop with one request at a time does not wait.
    func flushSoon(_ connection: HTTPConnectionHandler, on eventLoop: any EventLoop) {
        self.unflushed.append(connection)
        guard self.unflushed.count == 1 else { return }
        eventLoop.assumeIsolated().execute { self.flushAll() }
    }

    /// Logs the error that ends a connection if it is a failed TLS handshake: the client learns little of the cause.
    func noteFailure(_ error: any Error, of client: SocketAddress?) {
        guard let log = self.handshakeFailures, let reason = TLSHandshakeFailure.reason(error) else { return }
        let address = client?.ipAddress ?? "unknown"
        log.write("a TLS handshake failed", metadata: ["reason": "\(reason)", "client": "\(address)"])
    }

    private func flushAll() {
        let connections = self.unflushed
        self.unflushed.removeAll(keepingCapacity: true)
        for connection in connections { connection.flushNow() }
    }
}
