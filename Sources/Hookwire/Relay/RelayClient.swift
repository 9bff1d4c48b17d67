// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Shared

/// Asks a relay, for one command: what reads the trusted certificates, and is never quite given back, is made once.
final class RelayClient: Sendable {
    /// Its response.
    struct Answer {
        var status: HTTPResponseStatus
        var body: ByteBuffer
        /// Where it leads to, if anywhere.
        var location: String?
        /// How long it took.
        var time: TimeAmount

        /// The text of a refusal.
        var refusal: String {
            let code = Int(self.status.code)
            return "\(code): \(ProblemText.line(self.body, status: code, location: self.location))"
        }
    }

    /// The relay cannot be reached, or did not answer in time.
    struct Unreachable: Error, CustomStringConvertible {
        var base: String
        /// How long it had.
        var timeout: TimeAmount
        var cause: any Error

        var description: String {
            RelayFailure(self.cause).sentence(
                base: self.base,
                timeout: self.timeout,
                connectTimeout: min(self.timeout, RelayClient.connectTimeout),
                answerLimit: RelayClient.answerLimit
            )
        }
    }

    /// The longest answer that is read, in bytes: a page of dead letters has some events of a megabyte.
    private static let answerLimit = 64 << 20
    /// How long a connection may take, where an answer may take longer.
    private static let connectTimeout = TimeAmount.seconds(10)

    /// The relay's address, without a slash at its end.
    let base: String

    private let client: HTTPClient
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - address: as it was given: with or without slashes at its end.
    ///   - isInsecure: whether any certificate will do.
    ///   - timeout: how long an answer may take.
    init(_ address: String, isInsecure: Bool = false, timeout: TimeAmount = .seconds(10)) {
        var base = address
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        self.timeout = timeout
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = Self.connectTimeout
        // A relay that is not running is reported at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A platform's is new, too, as a rule; and none is lost with one that the other side was about to close.
        configuration.maximumUsesPerConnection = 1
        // A redirect is not followed: its target is not what was asked.
        configuration.redirectConfiguration = .disallow
        if isInsecure {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            configuration.tlsConfiguration = tls
        }
        self.client = HTTPClient(configuration: configuration)
    }

    deinit { _ = self.client.shutdown() }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameter target: path and query.
    func send(
        _ method: HTTPMethod,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil
    ) async throws(Unreachable) -> Answer {
        var request = HTTPClientRequest(url: self.base + target)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body.map { .bytes($0) }
        let start = NIODeadline.now()
        do {
            let response = try await self.client.execute(request, timeout: self.timeout)
            let body = try await Self.collect(response.body, until: start + self.timeout)
            return Answer(
                status: response.status,
                body: body,
                location: response.headers.first(name: "location"),
                time: NIODeadline.now() - start
            )
        } catch {
            throw Unreachable(base: self.base, timeout: self.timeout, cause: error)
        }
    }

    /// The whole body. The client's own deadline ends with the answer's head, and a body may never end.
    private static func collect(
        _ body: HTTPClientResponse.Body,
        until deadline: NIODeadline
    ) async throws -> ByteBuffer {
        do {
            return try await Deadline.run(until: deadline) { try await body.collect(upTo: Self.answerLimit) }
        } catch is Deadline.Passed {
            throw HTTPClientError.deadlineExceeded
        }
    }
}
