// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A reply as it is: for who knows what the sender of a generic webhook wants to read.
struct PlainReplyForm: ReplyForm {
    func response(to reply: Reply) -> HTTPResponse? {
        switch reply {
        case .text(let text): HTTPResponse(contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
        case .response(let response): HTTPResponse(response)
        }
    }
}
