// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Shared

@testable import Ingress

/// The platform's side of WeChat's protocol, as a test needs it.
struct WeChatSender {
    var token = "test"
    var key: String? = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
    var appID = "wx49f0ab532d5d035a"
    var timestamp = "1400000000"
    var nonce = "abc123"

    /// An account in plain mode.
    static let plain = WeChatSender(key: nil)
    /// An account in AES mode.
    static let encrypted = WeChatSender()

    /// A message of this text, or of other fields.
    static func message(_ text: String = "hi", id: String = "6054768590064713728") -> String {
        self.document(
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[\(text)]]></Content><MsgId>\(id)</MsgId>"
        )
    }

    static func document(_ fields: String) -> String {
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>"
            + "<CreateTime>1400000000</CreateTime>\(fields)</xml>"
    }

    /// The query that WeChat has been told.
    private var url: [(String, String)] {
        [("secret", self.token)] + (self.key.map { [("aes_key", $0), ("app_id", self.appID)] } ?? [])
    }

    private func signature(_ parts: String...) -> String {
        let parts = ([self.token, self.timestamp, self.nonce] + parts).map { Array($0.utf8) }
        let joined = parts.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
        return Hex.encode(Digest.insecureSHA1(joined))
    }

    var handshake: WebhookRequest {
        WebhookRequest(
            .GET,
            "wechat",
            query: self.url + [
                ("signature", self.signature()), ("timestamp", self.timestamp), ("nonce", self.nonce),
                ("echostr", "5837397576500011341"),
            ]
        )
    }

    /// A request with a message, encrypted where the account has a key.
    func request(_ message: String = WeChatSender.message()) throws -> WebhookRequest {
        guard let key, let cipher = WeChatCipher(encodedKey: Secret(key), appID: self.appID) else {
            return WebhookRequest(
                "wechat",
                query: self.url + [
                    ("signature", self.signature()), ("timestamp", self.timestamp), ("nonce", self.nonce),
                    ("openid", "oUser"),
                ],
                headers: [("Content-Type", "text/xml")],
                body: message
            )
        }
        guard let text = cipher.encrypt(Array(message.utf8)) else { throw CryptoError.operationFailed }
        return self.request(encrypted: text)
    }

    /// A request with a text that stands for an encrypted message, signed.
    func request(encrypted: String) -> WebhookRequest {
        WebhookRequest(
            "wechat",
            query: self.url + [
                ("signature", self.signature()), ("timestamp", self.timestamp), ("nonce", self.nonce),
                ("openid", "oUser"), ("encrypt_type", "aes"), ("msg_signature", self.signature(encrypted)),
            ],
            headers: [("Content-Type", "text/xml"), ("Content-Length", "1")],
            body: "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[\(encrypted)]]></Encrypt></xml>"
        )
    }

    /// The message in an encrypted answer; nil where it is not signed or cannot be decrypted.
    func open(_ answer: String) throws -> String? {
        struct Answer: Decodable {
            let Encrypt: String
            let MsgSignature: String
            let TimeStamp: String
            let Nonce: String
        }
        let answer = try XMLMessage.decode(Answer.self, from: Array(answer.utf8))
        var sender = self
        sender.timestamp = answer.TimeStamp
        sender.nonce = answer.Nonce
        guard sender.signature(answer.Encrypt) == answer.MsgSignature, let key,
            let message = WeChatCipher(encodedKey: Secret(key), appID: self.appID)?.decrypt(answer.Encrypt)
        else { return nil }
        return String(decoding: message, as: UTF8.self)
    }
}
