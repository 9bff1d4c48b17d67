// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
public import NIOHTTP1

/// An error response: RFC 9457 `application/problem+json`, with a sentence that says what to do.
public struct Problem: Error, Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// A machine-readable code: `body_too_large`. An enum case's raw value, so that it can be a metric label.
    public let reason: String
    /// A human-readable sentence: what is wrong and how to fix it. Never contains a secret.
    public var detail: String
    /// Header fields that belong to the error, such as `Allow`.
    public var headers: [(name: String, value: String)]
    /// The failure to charge the client's address with; never sent.
    public var failure: CredentialFailure?

    /// Creates a problem from its parts.
    ///
    /// - Parameter reason: the case of an enum.
    public init(
        _ status: HTTPResponseStatus,
        reason: some RawRepresentable<String>,
        detail: String,
        headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.reason = reason.rawValue
        self.detail = detail
        self.headers = headers
    }

    /// The same, charged to the client's address.
    public func charged(for bot: ChannelID?) -> Problem {
        var problem = self
        problem.failure = CredentialFailure(for: bot)
        return problem
    }

    /// The response that carries it.
    public var response: HTTPResponse {
        var json = JSONObjectWriter()
        json.member("title", self.status.reasonPhrase)
        json.member("status", self.status.code)
        json.member("detail", self.detail)
        json.member("reason", self.reason)
        var response = HTTPResponse(
            status: self.status,
            headers: [("Content-Type", "application/problem+json")] + self.headers,
            body: ByteBuffer(bytes: json.finish())
        )
        response.failure = self.failure
        return response
    }
}
