// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A reply as the XML that the user sees (developers.weixin.qq.com, "Passive replies"), encrypted where the message was.
struct WeChatReplyForm: ReplyForm {
    /// The longest text that WeChat shows, in bytes.
    private static let maximumTextLength = 2_048
    /// The answer that says nothing.
    static let silence = "success"

    /// Who has written, and to which account.
    let user: String
    let account: String
    /// The account's token, which signs what is encrypted.
    let token: Secret
    /// Nil in plain mode.
    let cipher: WeChatCipher?
    let clock: Clock

    func response(to reply: Reply) -> HTTPResponse? {
        switch reply {
        case .text(let text): self.response(text: text)
        case .response(let response): self.response(response)
        }
    }

    private func response(text: String) -> HTTPResponse? {
        guard text.utf8.count <= Self.maximumTextLength else { return nil }
        let message = XMLMessage.encode(
            TextReply(
                toUserName: self.user,
                fromUserName: self.account,
                createTime: self.seconds,
                msgType: "text",
                content: text
            )
        )
        return message.flatMap { self.sealed($0) }.map { Self.xml($0) }
    }

    /// A message that the bot has written in XML, or one of the ways to say nothing. Another status WeChat takes for a
    /// failure, and shows one to the user.
    private func response(_ response: Reply.Response) -> HTTPResponse? {
        guard response.status == 200, let own = HTTPResponse(response) else { return nil }
        let body = Array(response.body.readableBytesView)
        if body.isEmpty || body.elementsEqual(Self.silence.utf8) { return own }
        guard (try? XMLMessage.inspect(body)) != nil else { return nil }
        guard self.cipher != nil else { return own }
        return self.sealed(body).map { Self.xml($0) }
    }

    /// A message as it travels: itself in plain mode, or encrypted and signed.
    private func sealed(_ message: [UInt8]) -> [UInt8]? {
        guard let cipher = self.cipher else { return message }
        guard let encrypted = cipher.encrypt(message) else { return nil }
        let nonce = Hex.encode(SecureRandom.bytes(8))
        // Read once: what is signed is what is sent.
        let seconds = self.seconds
        return XMLMessage.encode(
            SealedReply(
                encrypt: encrypted,
                msgSignature: Hex.encode(
                    WeChatSignature.digest([seconds, nonce, encrypted], token: self.token)
                ),
                timeStamp: seconds,
                nonce: nonce
            )
        )
    }

    private var seconds: String { String(self.clock.wallMilliseconds() / 1_000) }

    private static func xml(_ document: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: "application/xml; charset=utf-8", body: ByteBuffer(bytes: document))
    }

    private struct TextReply: Encodable {
        let toUserName: String
        let fromUserName: String
        let createTime: String
        let msgType: String
        let content: String

        private enum CodingKeys: String, CodingKey {
            case toUserName = "ToUserName"
            case fromUserName = "FromUserName"
            case createTime = "CreateTime"
            case msgType = "MsgType"
            case content = "Content"
        }
    }

    private struct SealedReply: Encodable {
        let encrypt: String
        let msgSignature: String
        let timeStamp: String
        let nonce: String

        private enum CodingKeys: String, CodingKey {
            case encrypt = "Encrypt"
            case msgSignature = "MsgSignature"
            case timeStamp = "TimeStamp"
            case nonce = "Nonce"
        }
    }
}
