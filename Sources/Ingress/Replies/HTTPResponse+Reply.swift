// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

extension HTTPResponse {
    /// The fields that frame a message or belong to one connection (RFC 9110, section 7.6.1): the server's own to write.
    private static let connectionFields: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]

    /// The response that a bot has written itself.
    ///
    /// - Returns: nil where it is not what HTTP allows: another message could begin in it.
    init?(_ reply: Reply.Response) {
        guard Reply.response(reply).isFit else { return nil }
        self.init(
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: reply.headers.compactMap {
                Self.connectionFields.contains($0.name.lowercased()) ? nil : ($0.name, $0.value)
            },
            // It is remembered for a while.
            body: reply.body.compacted()
        )
    }
}
