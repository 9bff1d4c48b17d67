// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// What the platform answers, its body still on the way.
struct QQAnswer: Sendable {
    let response: HTTPClientResponse
    let place: QQPlatform.InFlight

    var status: HTTPResponseStatus { self.response.status }

    /// The whole body.
    ///
    /// - Throws: `QQRefusal` where it is longer than `limit` or does not come.
    func body(upTo limit: Int) async throws(QQRefusal) -> ByteBuffer {
        do {
            return try await self.response.body.collect(upTo: limit)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw .upstreamTimeout
        } catch {
            throw .upstreamUnreachable
        }
    }

    /// The answer to hand on: its body goes to the client as it comes, and no faster than the client reads.
    var reply: HTTPReply {
        let (response, place) = (self.response, self.place)
        return .stream(
            HTTPStreamedResponse(
                status: response.status,
                headers: HopByHopFields.response(response.headers),
                contentLength: response.headers.first(name: "content-length").flatMap { Int($0) }
            ) { writer in
                for try await piece in response.body {
                    try await writer.write(piece)
                }
                withExtendedLifetime(place) {}
            }
        )
    }

    /// The answer to hand on with a body that has come whole.
    func reply(with body: ByteBuffer) -> HTTPReply {
        .response(
            HTTPResponse(
                status: self.response.status,
                headers: HopByHopFields.response(self.response.headers),
                body: body
            )
        )
    }
}
