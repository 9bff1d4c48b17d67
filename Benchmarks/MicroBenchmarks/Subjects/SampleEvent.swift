// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Ingress
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import SignedRequests

/// One of QQ's events as a node has it.
enum SampleEvent {
    static let secret = "micro-benchmarks-secret"
    static let channel = ChannelID(secret: Secret(Self.secret))
    static let epoch = Epoch(rawValue: 0x9F2C_61D0_7A55_E013)

    /// The entry of an event with 600 bytes and the header fields of its request.
    static func entry(offset: UInt64 = 1) throws -> LogEntry {
        let body = ByteBuffer(bytes: try SignedRequests(secret: Self.secret, count: 1).body(0))
        let event = Event(
            platform: "qq",
            id: "GROUP_AT_MESSAGE_CREATE:000000000000",
            type: "GROUP_AT_MESSAGE_CREATE",
            receivedAt: 1_793_972_238_000,
            headers: [
                "Host": "bot.example.com", "User-Agent": "QQBot-Callback", "Content-Type": "application/json",
                "X-Bot-Appid": "11111111", "X-Signature-Method": "Ed25519",
            ],
            body: body,
            bodyIsUTF8: true
        )
        return LogEntry(position: Position(epoch: Self.epoch, offset: offset), event: event)
    }
}
