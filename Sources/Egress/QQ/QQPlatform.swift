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

/// The platform's API and token service, as this node reaches them: nothing but the two configured addresses. Any thread.
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
    /// A client that breaks off what it sends is a failure too, and needs no secret.
    private let log: Mutex<SampledLog>
    /// Nil where the API's address is none; then nothing can be passed on to it.
    private let uploader: QQUploader?
    let places: QQPlaces
    private let answered = Counter(label: "hookwire_qq_requests_total", dimensions: [("outcome", "answered")])
    private let refused: [QQRefusal: Counter]

    /// - Parameters:
    ///   - group: carries the connections; nil takes the HTTP client's own.
    ///   - concurrency: how many requests may be under way at once.
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

    /// Ends the connections, once no request is under way. What is asked afterwards is refused.
    func shutdown() async {
        let client = self.client.withLock { client in
            defer { client = .shutDown }
            return client
        }
        guard case .running(let running) = client else { return }
        // It fails only where it was shut down before.
        try? await running.shutdown()
    }

    /// The client, made for the first request: a node whose bots use no SDK has none.
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
        // What the platform says is the client's to follow, and must not lead elsewhere with the bot's token.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = Self.connectTimeout
        // A platform that cannot be reached is an answer too.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A client that reads its answer slowly holds a connection; nobody else is to wait for it.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = self.places.count
        // What the check sees is the decoder's; of HTTP/2 a status that is no number of three digits comes by elsewhere.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { QQStatusCheck.add(to: $0) }
        return configuration
    }

    /// A client's request to the API; `target` is its path and query, beginning with a slash.
    func request(
        _ method: HTTPMethod,
        _ target: String,
        headers: HTTPHeaders,
        body: ByteBuffer = ByteBuffer()
    ) async throws(QQRefusal) -> QQAnswer {
        let place = self.places.take(for: .other)
        return try await self.send(method, self.api + target, headers: headers, body: body, in: place)
    }

    /// Who the bot of a token is, as the API says. Where all places are taken it waits for one, within its time.
    func requestUser(headers: HTTPHeaders, timeout: TimeAmount) async throws(QQRefusal) -> QQAnswer {
        let deadline = NIODeadline.now() + timeout
        let eventLoop = (self.group ?? HTTPClient.defaultEventLoopGroup).next()
        // Nothing cancels it: its time is short. It fails only where that is over.
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

    /// A request to the API whose body comes piece by piece, on that body's event loop.
    ///
    /// - Returns: the answer as it begins; fails with a `QQRefusal`.
    func upload(
        _ method: HTTPMethod,
        _ target: String,
        headers: HTTPHeaders,
        body: HTTPBodyInflow,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<QQAnswer> {
        guard let place = self.places.take(for: .other) else {
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
    ///   - timeout: what the platform has to begin its answer, and each time to go on with it; nil for the node's.
    ///   - deadline: when the answer has to have begun; nil for the timeout, from now on.
    ///   - place: nil where none was free.
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
        // The URL may hold what users wrote; the host is known from the configuration.
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
