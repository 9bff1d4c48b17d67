// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Passes a reply through unchanged: the sender of a generic webhook has no known format.
struct PlainReplyForm: ReplyForm {
    func response(to reply: Reply) -> HTTPResponse? {
        switch reply {
        case .text(let text): HTTPResponse(contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
        case .response(let response): HTTPResponse(response)
        }
    }
}
