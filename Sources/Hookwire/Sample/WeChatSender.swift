// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Ingress
internal import NIOHTTP1
internal import Shared

/// WeChat, to the server address of an official account (developers.weixin.qq.com).
struct WeChatSender: PlatformSender {
    private static let account = "gh_hookwiresample"
    private static let user = "o_hookwire_sample_user"

    private let token: Secret
    /// Nil in plain mode.
    private let cipher: WeChatCipher?
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: milliseconds since 1970-01-01T00:00:00Z.
    init(_ credentials: Credentials, clock: @escaping @Sendable () -> Int64) throws {
        self.token = credentials.secret
        self.clock = clock
        guard let key = credentials.aesKey else {
            self.cipher = nil
            return
        }
        guard let appID = credentials.appID else {
            throw SampleError(description: "WeChat's encrypted mode needs the app id beside the AES key: --app-id.")
        }
        guard let cipher = WeChatCipher(encodedKey: key, appID: appID) else {
            throw SampleError(description: "The AES key is not the 43 characters that WeChat shows as EncodingAESKey.")
        }
        self.cipher = cipher
    }

    func event(_ content: SampleContent) throws -> SampleRequest {
        try self.posted(self.message(content), token: self.token)
    }

    /// Signed with a made-up token.
    func forgery() throws -> SampleRequest? {
        try self.posted(self.message(.nothing), token: Secret(SampleID.make()))
    }

    func handshake() throws -> Handshake? {
        let echo = String(UInt64.random(in: 1_000_000_000_000_000_000...UInt64.max))
        var request = self.request(token: self.token)
        request.method = .GET
        request.query.append(("echostr", echo))
        return Handshake(request: request) { $0.elementsEqual(echo.utf8) ? nil : .otherEcho }
    }

    /// Nothing, `success`, or a message.
    func isAcknowledged(_ body: [UInt8]) -> Bool {
        if body.isEmpty || body.elementsEqual("success".utf8) { return true }
        if self.cipher != nil { return self.opened(body) != nil }
        return (try? XMLMessage.decode(Reply.self, from: body)) != nil
    }

    func isFallback(_ body: [UInt8]) -> Bool { body.elementsEqual("success".utf8) }

    func readable(_ body: [UInt8]) -> [UInt8] { self.opened(body) ?? body }

    /// The message in an encrypted answer; nil where it is not one.
    private func opened(_ body: [UInt8]) -> [UInt8]? {
        guard let cipher = self.cipher, let sealed = try? XMLMessage.decode(Sealed.self, from: body) else { return nil }
        return cipher.decrypt(sealed.encrypt)
    }

    private func message(_ content: SampleContent) throws -> [UInt8] {
        if case .body(let body) = content { return body }
        var message = Message(createTime: "\(self.clock() / 1_000)")
        if case .text(let text) = content {
            message.content = text
            message.msgID = String(UInt64.random(in: 1_000_000_000_000_000...9_999_999_999_999_999))
        } else {
            message.msgType = "event"
            message.event = "hookwire_doctor"
            // What has no id is known by its user, its time and its name.
            message.fromUserName += SampleID.make()
        }
        guard let document = XMLMessage.encode(message) else {
            throw SampleError(description: "The text has a character that XML, and so WeChat, has no way to write.")
        }
        return document
    }

    private func posted(_ message: [UInt8], token: Secret) throws -> SampleRequest {
        guard let cipher = self.cipher else {
            var request = self.request(token: token)
            request.body = message
            return request
        }
        guard let encrypted = cipher.encrypt(message),
            let document = XMLMessage.encode(Sealed(toUserName: Self.account, encrypt: encrypted))
        else { throw SampleError(description: "The message could not be encrypted.") }
        var request = self.request(token: token, encrypted: encrypted)
        request.body = document
        return request
    }

    private func request(token: Secret, encrypted: String? = nil) -> SampleRequest {
        let timestamp = "\(self.clock() / 1_000)"
        let nonce = Hex.encode(SecureRandom.bytes(5))
        func signature(_ parts: [String]) -> String { Hex.encode(WeChatSignature.digest(parts, token: token)) }
        var query = [
            (name: "signature", value: signature([timestamp, nonce])), ("timestamp", timestamp), ("nonce", nonce),
            ("openid", Self.user),
        ]
        if let encrypted {
            query += [("encrypt_type", "aes"), ("msg_signature", signature([timestamp, nonce, encrypted]))]
        }
        return SampleRequest(query: query, headers: [("Content-Type", "text/xml"), ("User-Agent", "Mozilla/4.0")])
    }

    private struct Message: Encodable {
        var toUserName = WeChatSender.account
        var fromUserName = WeChatSender.user
        var createTime: String
        var msgType = "text"
        var content: String?
        var event: String?
        var msgID: String?

        private enum CodingKeys: String, CodingKey {
            case toUserName = "ToUserName"
            case fromUserName = "FromUserName"
            case createTime = "CreateTime"
            case msgType = "MsgType"
            case content = "Content"
            case event = "Event"
            case msgID = "MsgId"
        }
    }

    /// An encrypted message, which both sides send.
    private struct Sealed: Codable {
        var toUserName: String?
        var encrypt: String

        private enum CodingKeys: String, CodingKey {
            case toUserName = "ToUserName"
            case encrypt = "Encrypt"
        }
    }

    /// A message that the bot answers with.
    private struct Reply: Decodable {
        var msgType: String

        private enum CodingKeys: String, CodingKey {
            case msgType = "MsgType"
        }
    }
}
