// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

extension HTTPResponse {
    /// The response written by a bot, without fields that a bot must not set.
    ///
    /// - Returns: nil if it is not valid HTTP, which could enable response splitting.
    init?(_ reply: Reply.Response) {
        guard Reply.response(reply).isFit else { return nil }
        self.init(
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: reply.headers.compactMap { ReplyPolicy.withholds($0.name) ? nil : ($0.name, $0.value) },
            // It is cached for a while.
            body: reply.body.compacted()
        )
    }
}
