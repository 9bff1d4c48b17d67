// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

/// What the connections of one event loop share. Never leaves its loop.
final class HTTPLoop {
    let router: Router
    let limits: HTTPLimits
    /// Whose word on where clients are counts; nil for nobody's.
    let proxies: TrustedProxies?
    /// For trusted proxies that break the PROXY protocol, as one may with each of its connections; nil for nowhere.
    let proxyFaults: SampledLog?
    let date = HTTPDate()
    /// The connections whose answers go out when the loop has read what was there.
    private var unflushed: [HTTPConnectionHandler] = []

    init(router: Router, limits: HTTPLimits, proxies: TrustedProxies = .none, logger: Logger? = nil) {
        self.router = router
        self.limits = limits
        self.proxies = proxies.isEmpty ? nil : proxies
        self.proxyFaults = logger.map { SampledLog($0, level: .warning, burst: 5, perSecond: 0.2) }
    }

    /// Flushes a connection's answers once all connections that had input have been read, the store's too.
    ///
    /// One answer at a time wakes a client that sleeps for each of them, and waking costs more than all else that is
    /// done for an event. In one go they wake it once. A loop with one request at a time waits for nothing.
    func flushSoon(_ connection: HTTPConnectionHandler, on eventLoop: any EventLoop) {
        self.unflushed.append(connection)
        guard self.unflushed.count == 1 else { return }
        eventLoop.assumeIsolated().execute { self.flushAll() }
    }

    private func flushAll() {
        let connections = self.unflushed
        self.unflushed.removeAll(keepingCapacity: true)
        for connection in connections { connection.flushNow() }
    }
}
