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
    /// How many requests may be under way at once.
    private let concurrency: Int
    /// How many of them may be ones that the node passes on: a client has its place for as long as it likes to send and to
    /// read, and must not keep others from a token.
    private var passedOn: Int { self.concurrency / 8 * 7 }
    private static let connectTimeout = TimeAmount.seconds(5)
    /// After how long a place is looked for again.
    private static let breath = TimeAmount.milliseconds(100)

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
    private let inFlight = Atomic<Int>(0)
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
        self.concurrency = concurrency
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
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = self.concurrency
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
        try await self.send(method, self.api + target, headers: headers, body: body, places: self.passedOn)
    }

    /// Who the bot of a token is, as the API says. Where all places are taken it waits for one, within its time.
    func requestUser(headers: HTTPHeaders, timeout: TimeAmount) async throws(QQRefusal) -> QQAnswer {
        try await self.send(.GET, self.api + "/users/@me", headers: headers, timeout: timeout, waitsForPlace: true)
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
        let place: InFlight
        do throws(QQRefusal) {
            place = try self.takePlace(of: self.passedOn)
        } catch {
            self.refused[error]?.increment()
            return eventLoop.makeFailedFuture(error)
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
        return try await self.send(.POST, url, headers: headers, body: body)
    }

    private func send(
        _ method: HTTPMethod,
        _ url: String,
        headers: HTTPHeaders,
        body: ByteBuffer = ByteBuffer(),
        timeout: TimeAmount? = nil,
        places: Int? = nil,
        waitsForPlace: Bool = false
    ) async throws(QQRefusal) -> QQAnswer {
        let timeout = timeout ?? self.timeout
        let deadline = NIODeadline.now() + timeout
        let place: InFlight
        do throws(QQRefusal) {
            place = try await self.takePlace(
                of: places ?? self.concurrency,
                patience: waitsForPlace ? deadline : nil
            )
        } catch {
            self.refused[error]?.increment()
            throw error
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

    /// - Parameters:
    ///   - count: how many there may be then.
    ///   - patience: until when to wait for a place; nil not to.
    private func takePlace(of count: Int, patience: NIODeadline?) async throws(QQRefusal) -> InFlight {
        while true {
            do throws(QQRefusal) {
                return try self.takePlace(of: count)
            } catch {
                guard let patience, .now() + Self.breath < patience else { throw error }
                // Nothing cancels it: its time is short.
                try? await Task.sleep(nanoseconds: UInt64(Self.breath.nanoseconds))
            }
        }
    }

    /// - Parameter count: how many there may be then.
    private func takePlace(of count: Int) throws(QQRefusal) -> InFlight {
        guard self.inFlight.add(1, ordering: .relaxed).newValue <= count else {
            self.inFlight.subtract(1, ordering: .relaxed)
            throw .upstreamBusy
        }
        return InFlight(platform: self)
    }

    /// A place among the requests under way, until nobody holds it any more.
    final class InFlight: Sendable {
        private let platform: QQPlatform

        fileprivate init(platform: QQPlatform) {
            self.platform = platform
        }

        deinit {
            self.platform.inFlight.subtract(1, ordering: .relaxed)
        }
    }
}
