// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import Synchronization

/// A client of the platform's API and token service: contacts only the two configured addresses. Any thread.
final class QQPlatform: Sendable {
    private static let connectTimeout = TimeAmount.seconds(5)

    private enum Client {
        case unused
        case running(HTTPClient)
        case shutDown
    }

    private let client = Mutex(Client.unused)
    private let group: (any EventLoopGroup)?
    private let api: String
    private let tokens: String
    private let timeout: TimeAmount
    /// Sampled: a client that aborts its upload is logged too, and needs no secret.
    private let log: Mutex<SampledLog>
    /// Nil if the API's address is invalid; then nothing can be proxied to it.
    private let uploader: QQUploader?
    let places: QQPlaces
    private let answered = Counter(label: "hookwire_qq_requests_total", dimensions: [("outcome", "answered")])
    private let refused: [QQRefusal: Counter]

    /// - Parameters:
    ///   - group: carries the connections; nil takes the HTTP client's own.
    ///   - concurrency: how many requests may be in flight.
    init(
        api: String,
        tokens: String,
        timeout: TimeAmount,
        group: (any EventLoopGroup)?,
        concurrency: Int = 512,
        logger: Logger
    ) {
        self.group = group
        self.places = QQPlaces(count: concurrency)
        self.api = api
        self.tokens = tokens
        self.timeout = timeout
        self.log = Mutex(SampledLog(logger, level: .notice, burst: 20, perSecond: 0.5))
        self.uploader = QQUpstreamAddress(api).map {
            QQUploader(address: $0, connectTimeout: Self.connectTimeout, timeout: timeout)
        }
        self.refused = Dictionary(
            uniqueKeysWithValues: [.upstreamUnreachable, .upstreamTimeout, .upstreamBusy, .requestBroken, .badTarget]
                .map {
                    ($0, Counter(label: "hookwire_qq_requests_total", dimensions: [("outcome", $0.rawValue)]))
                }
        )
    }

    /// Closes the connections once no request is in flight. Later requests are refused.
    func shutdown() async {
        let client = self.client.withLock { client in
            defer { client = .shutDown }
            return client
        }
        guard case .running(let running) = client else { return }
        // It fails only where it was shut down before.
        try? await running.shutdown()
    }

    /// The HTTP client, created for the first request: a node whose bots use no SDK has none.
    private func runningClient() -> HTTPClient? {
        self.client.withLock { client in
            switch client {
            case .shutDown:
                return nil
            case .running(let running):
                return running
            case .unused:
                let made = HTTPClient(
                    eventLoopGroupProvider: .shared(self.group ?? HTTPClient.defaultEventLoopGroup),
                    configuration: self.configuration
                )
                client = .running(made)
                return made
            }
        }
    }

    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // Redirects are for the client to follow, and must not carry the bot's token elsewhere.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = Self.connectTimeout
        // A connection failure is reported at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A client that reads slowly holds a connection; others must not wait for it.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = self.places.count
        // `QQStatusCheck` checks the HTTP/1 decoder's output; an invalid HTTP/2 status would bypass it.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { QQStatusCheck.add(to: $0) }
        return configuration
    }

    /// A client's request to the API; `target` is its path and query, beginning with a slash.
    func request(
        _ method: HTTPMethod,
        _ target: String,
        headers: HTTPHeaders,
        body: ByteBuffer = ByteBuffer(),
        of address: IPAddress? = nil
    ) async throws(QQRefusal) -> QQAnswer {
        let place = self.places.take(for: .other, of: address)
        return try await self.send(method, self.api + target, headers: headers, body: body, in: place)
    }

    /// Requests a token's bot user from the API. If all places are taken it waits for one, within its time-out.
    func requestUser(headers: HTTPHeaders, timeout: TimeAmount) async throws(QQRefusal) -> QQAnswer {
        let deadline = NIODeadline.now() + timeout
        let eventLoop = (self.group ?? HTTPClient.defaultEventLoopGroup).next()
        // Not cancelled: its time-out is short. It fails only when that has passed.
        let place = try? await self.places.take(by: deadline, on: eventLoop).get()
        return try await self.send(
            .GET,
            self.api + "/users/@me",
            headers: headers,
            timeout: timeout,
            deadline: deadline,
            in: place
        )
    }

    /// A request to the API with a streamed body, on that body's event loop.
    ///
    /// - Returns: the response once it begins; fails with a `QQRefusal`.
    func upload(
        _ method: HTTPMethod,
        _ target: String,
        headers: HTTPHeaders,
        body: HTTPBodyInflow,
        of address: IPAddress?,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<QQAnswer> {
        guard let place = self.places.take(for: .other, of: address) else {
            self.refused[.upstreamBusy]?.increment()
            return eventLoop.makeFailedFuture(QQRefusal.upstreamBusy)
        }
        guard let uploader, !self.isShutDown else {
            return eventLoop.makeFailedFuture(QQRefusal.upstreamUnreachable)
        }
        let sent = uploader.send(method, target, headers: headers, body: body, on: eventLoop)
        sent.whenComplete { result in
            switch result {
            case .success: self.answered.increment()
            case .failure(let error): self.note(error as? QQRefusal ?? .upstreamUnreachable)
            }
        }
        return sent.map { QQAnswer(response: $0, place: place, timeout: nil) }
    }

    private var isShutDown: Bool {
        self.client.withLock { if case .shutDown = $0 { true } else { false } }
    }

    /// A request for a token.
    func requestToken(headers: HTTPHeaders, body: ByteBuffer) async throws(QQRefusal) -> QQAnswer {
        let url = self.tokens + "/app/getAppAccessToken"
        let place = self.places.take(for: .token)
        return try await self.send(.POST, url, headers: headers, body: body, in: place)
    }

    /// - Parameters:
    ///   - timeout: how long the platform may take to begin its response, and for each part; nil for the node's
    ///     default.
    ///   - deadline: when the response must have begun; nil for `timeout` from now.
    ///   - place: nil if none was free.
    private func send(
        _ method: HTTPMethod,
        _ url: String,
        headers: HTTPHeaders,
        body: ByteBuffer = ByteBuffer(),
        timeout: TimeAmount? = nil,
        deadline: NIODeadline? = nil,
        in place: QQPlaces.Place?
    ) async throws(QQRefusal) -> QQAnswer {
        let timeout = timeout ?? self.timeout
        let deadline = deadline ?? NIODeadline.now() + timeout
        guard let place else {
            self.refused[.upstreamBusy]?.increment()
            throw .upstreamBusy
        }
        guard let client = self.runningClient() else { throw .upstreamUnreachable }
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if body.readableBytes > 0 { request.body = .bytes(body) }
        do {
            let response = try await client.execute(request, deadline: deadline)
            self.answered.increment()
            return QQAnswer(response: response, place: place, timeout: timeout)
        } catch {
            let refusal = Self.refusal(error)
            self.note(refusal)
            throw refusal
        }
    }

    private func note(_ refusal: QQRefusal) {
        self.refused[refusal]?.increment()
        // The URL may contain user content and is not logged; the host is known from the configuration.
        self.log.withLock {
            $0.write("a request to QQ's API failed", metadata: ["reason": "\(refusal.rawValue)"])
        }
    }

    private static func refusal(_ error: any Error) -> QQRefusal {
        switch error as? HTTPClientError {
        case .deadlineExceeded?, .readTimeout?, .writeTimeout?, .connectTimeout?, .getConnectionFromPoolTimeout?:
            .upstreamTimeout
        case .invalidURL?, .emptyHost?: .badTarget
        default: .upstreamUnreachable
        }
    }
}
