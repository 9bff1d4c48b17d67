// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Ingress
internal import Shared

/// Webhook requests as the QQ platform sends them, signed ahead.
package struct SignedRequests {
    /// The bytes of an event's body.
    package static let bodyLength = 600
    /// What an event is answered with.
    package static let acknowledgement = #"{"op":12,"d":0}"#

    private let requests: [[UInt8]]

    package var count: Int { self.requests.count }

    package init(secret: String, count: Int) throws {
        let key = try QQKey(secret: Secret(secret))
        let timestamp = String(time(nil))
        self.requests = try (0..<count).map { index in
            let body = Self.makeBody(index)
            let signature = try key.signature(timestamp: timestamp.utf8, body: body)
            let head =
                "POST /webhook?secret=\(secret) HTTP/1.1\r\nHost: bot.example.com\r\nUser-Agent: QQBot-Callback\r\n"
                + "Content-Type: application/json\r\nX-Bot-Appid: 11111111\r\nX-Signature-Method: Ed25519\r\n"
                + "X-Signature-Ed25519: \(signature)\r\nX-Signature-Timestamp: \(timestamp)\r\n"
                + "Content-Length: \(body.count)\r\n\r\n"
            return Array(head.utf8) + body
        }
    }

    /// A request whole.
    package func request(_ index: Int) -> [UInt8] { self.requests[index] }

    /// The body of a request.
    package func body(_ index: Int) -> ArraySlice<UInt8> { self.requests[index].suffix(Self.bodyLength) }

    private static func makeBody(_ index: Int) -> [UInt8] {
        let digits = String(index)
        let number = String(repeating: "0", count: 12 - digits.count) + digits
        let start = #"{"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\#(number)","s":1,"t":"GROUP_AT_MESSAGE_CREATE","d":{"#
        let middle =
            #""author":{"id":"2F3B","member_openid":"E4F4AEA33253A2797FB897C50B81D7ED"},"group_openid":"#
            + #""C9F778FE6ADF9D1D1DBE395BF744A33A","id":"ROBOT1.0_\#(number)","timestamp":"2026-11-06T13:37:18+08:00","#
            + #""content":""#
        let end = #""}}"#
        let filling = Self.bodyLength - start.utf8.count - middle.utf8.count - end.utf8.count
        let text = String(repeating: "lorem ipsum ", count: filling / 12 + 1).prefix(filling)
        return Array((start + middle + text + end).utf8)
    }
}
