// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The outcome of a request that waited for a bot's reply, for the holder of its secret.
struct AnsweredRequest {
    let token: ReplyToken
    let end: WaitEnd
    /// In milliseconds since 1970.
    let time: Int64

    /// The observation.
    var observation: Observation {
        var json = JSONObjectWriter()
        json.member("token", self.token.description)
        json.member("outcome", self.end.outcome.rawValue)
        json.member("status", self.end.response.status.code)
        json.member("at", self.time)
        let body = ToldBody(self.end.response.body)
        json.member("body_base64", body.base64)
        if body.isTruncated { json.member("truncated", true) }
        return Observation(.answered, json: ByteBuffer(bytes: json.finish()))
    }
}
