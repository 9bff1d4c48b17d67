// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
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
    /// The speech recognition of a voice message.
    private let recognition: String?
    private let messageID: String?
    private let event: String?

    /// How many bytes of a digest are used in a key.
    private static let digestLength = 16
    /// The names of the fields that are read.
    static let fieldNames = Set(CodingKeys.allCases.map(\.rawValue))

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case account = "ToUserName"
        case user = "FromUserName"
        case createTime = "CreateTime"
        case kind = "MsgType"
        case content = "Content"
        case recognition = "Recognition"
        case messageID = "MsgId"
        case event = "Event"
    }

    /// The message's id. Events have none: one found there is user text that looks like a field.
    var id: String? {
        self.kind == "event" ? nil : self.messageID
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

    /// The duplicate key: the id or, for events, the whole message, since the field that distinguishes two events of
    /// one second differs by kind.
    ///
    /// - Parameter body: the message, decrypted.
    func key(body: ByteBuffer) -> String {
        if let id, !id.isEmpty { return "message:\(id)" }
        let digest = Hex.encode(Digest.sha256(body.readableBytesView).prefix(Self.digestLength))
        return ["event", self.user, self.createTime, self.event ?? "", digest].joined(separator: ":")
    }
}

/// A message in AES mode.
struct WeChatEnvelope: Decodable {
    let encrypted: String

    /// The names of the fields that are read.
    static let fieldNames = Set(CodingKeys.allCases.map(\.rawValue))

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case encrypted = "Encrypt"
    }
}
