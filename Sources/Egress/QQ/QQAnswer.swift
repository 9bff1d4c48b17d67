// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The platform's response, whose body is still arriving.
struct QQAnswer: Sendable {
    let response: HTTPClientResponse
    let place: QQPlaces.Place
    /// The read time-out of the body; nil if the connection enforces it itself.
    let timeout: TimeAmount?

    var status: HTTPResponseStatus { self.response.status }

    /// The whole body, within one time-out.
    ///
    /// - Throws: `QQRefusal` if it is longer than `limit` or does not arrive.
    func body(upTo limit: Int) async throws(QQRefusal) -> ByteBuffer {
        let body = self.response.body
        do {
            guard let timeout else { return try await body.collect(upTo: limit) }
            return try await QQAnswerClock.run(limit: timeout) { _ in try await body.collect(upTo: limit) }
        } catch let refusal as QQRefusal {
            throw refusal
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw .upstreamTimeout
        } catch {
            throw .upstreamUnreachable
        }
    }

    /// The proxied response: its body is streamed to the client, no faster than the client reads.
    var reply: HTTPReply {
        let (response, place, timeout) = (self.response, self.place, self.timeout)
        return .stream(
            HTTPStreamedResponse(
                status: response.status,
                headers: PassedFields.response(response.headers),
                contentLength: response.headers.first(name: "content-length").flatMap { Int($0) }
            ) { writer in
                defer { withExtendedLifetime(place) {} }
                guard let timeout else {
                    for try await piece in response.body { try await writer.write(piece) }
                    return
                }
                try await QQAnswerClock.run(limit: timeout) { clock in
                    for try await piece in response.body {
                        clock.pause()
                        try await writer.write(piece)
                        clock.resume()
                    }
                }
            }
        )
    }

    /// The proxied response with a complete body.
    func reply(with body: ByteBuffer) -> HTTPReply {
        .response(
            HTTPResponse(
                status: self.response.status,
                headers: PassedFields.response(self.response.headers),
                body: body
            )
        )
    }
}
