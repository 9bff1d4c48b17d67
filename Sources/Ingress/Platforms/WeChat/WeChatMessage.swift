// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A message or an event of a WeChat user's, as far as the relay reads it (developers.weixin.qq.com, "Receiving standard
/// messages" and "Receiving event pushes").
struct WeChatMessage: Decodable {
    /// The official account.
    let account: String
    /// The user, by the account's own id for them.
    let user: String
    /// Seconds since 1970-01-01T00:00:00Z, in digits.
    let createTime: String
    /// `text`, `image`, `voice` …, `event`.
    let kind: String
    private let content: String?
    /// What a voice message was understood to say.
    private let recognition: String?
    /// The message's id; events have none.
    let id: String?
    private let event: String?
    /// What a menu's item or a code that was scanned says: it tells two events of one second apart.
    private let eventKey: String?
    /// Of events that tell what became of a message that the account sent: that message's id.
    private let sentID: String?

    /// How much of a digest tells two keys apart, in bytes.
    private static let digestLength = 16

    private enum CodingKeys: String, CodingKey {
        case account = "ToUserName"
        case user = "FromUserName"
        case createTime = "CreateTime"
        case kind = "MsgType"
        case content = "Content"
        case recognition = "Recognition"
        case id = "MsgId"
        case event = "Event"
        case eventKey = "EventKey"
        case sentID = "MsgID"
    }

    /// Whether the fields are there that every message has.
    var isComplete: Bool {
        ![self.account, self.user, self.createTime, self.kind].contains("")
    }

    /// What was said; nil where it is no text.
    var text: String? {
        switch self.kind {
        case "text": self.content ?? ""
        case "voice": self.recognition
        default: nil
        }
    }

    /// The kind, with an event's own name behind it: `event.subscribe`.
    var type: String {
        self.kind == "event" ? "event.\(self.event ?? "")" : self.kind
    }

    /// What WeChat's repetitions have in common: the id, or, of events, the user, the time, the name and what it is about.
    var key: String {
        if let id, !id.isEmpty { return "message:\(id)" }
        // The key may be the URL that a menu's item opens.
        let about = self.eventKey.flatMap { key in
            key.isEmpty ? nil : Hex.encode(Digest.sha256(Array(key.utf8)).prefix(Self.digestLength))
        }
        let parts = ["event", self.user, self.createTime, self.event, self.sentID, about]
        return parts.map { $0 ?? "" }.joined(separator: ":")
    }
}

/// A message in AES mode.
struct WeChatEnvelope: Decodable {
    let encrypted: String

    private enum CodingKeys: String, CodingKey {
        case encrypted = "Encrypt"
    }
}
