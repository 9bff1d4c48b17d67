// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Ingress
internal import Shared

/// A message in a QQ group that mentions the bot, as the platform posts it, signed now.
struct QQSample {
    /// The request's body.
    let body: String
    /// The request's header fields.
    let headers: [(name: String, value: String)]

    init(secret: Secret, text: String, clock: Clock = .system) throws {
        let key = try QQKey(secret: secret)
        let seconds = clock.wallMilliseconds() / 1_000
        let id = Hex.encode(SecureRandom.bytes(16))
        var content: [UInt8] = []
        JSONWriter.append(text, to: &content)
        self.body = """
            {"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\(id)","d":{"id":"ROBOT1.0_\(id)","content":\
            \(String(decoding: content, as: UTF8.self)),"timestamp":"\(Timestamp.iso8601(seconds: seconds))",\
            "author":{"id":"0A1B2C3D","member_openid":"0A1B2C3D","member_role":"member","bot":false},"group_id":"4E5F6A7B","group_openid":"4E5F6A7B"},\
            "t":"GROUP_AT_MESSAGE_CREATE"}
            """
        self.headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "QQBot-Callback"),
            ("X-Bot-Appid", "100000000"),
            ("X-Signature-Method", "Ed25519"),
            ("X-Signature-Timestamp", "\(seconds)"),
            ("X-Signature-Ed25519", try key.signature(timestamp: "\(seconds)".utf8, body: self.body.utf8)),
        ]
    }
}
