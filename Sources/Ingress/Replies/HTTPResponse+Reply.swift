// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

extension HTTPResponse {
    /// The response that a bot has written itself, less the fields that are not a bot's to write.
    ///
    /// - Returns: nil where it is not what HTTP allows: another message could begin in it.
    init?(_ reply: Reply.Response) {
        guard Reply.response(reply).isFit else { return nil }
        self.init(
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: reply.headers.compactMap { ReplyPolicy.withholds($0.name) ? nil : ($0.name, $0.value) },
            // It is remembered for a while.
            body: reply.body.compacted()
        )
    }
}
