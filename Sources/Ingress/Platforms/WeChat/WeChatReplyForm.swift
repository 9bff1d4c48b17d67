// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Formats a reply as WeChat XML (developers.weixin.qq.com, "Passive replies"), encrypted if the message was.
struct WeChatReplyForm: ReplyForm {
    /// The longest text that WeChat accepts, in bytes.
    private static let maximumTextLength = 2_048
    /// The response without a message.
    static let silence = "success"

    /// The message's sender, and its account.
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
        // WeChat rejects a message without content, and shows the user an error.
        guard !text.isEmpty else { return WeChat.acknowledgement }
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

    /// A message that the bot has written in XML, or one of the ways to say nothing. WeChat treats any other status as
    /// a failure, and shows the user an error.
    private func response(_ response: Reply.Response) -> HTTPResponse? {
        guard response.status == 200, let own = HTTPResponse(response) else { return nil }
        let body = Array(response.body.readableBytesView)
        if body.isEmpty || body.elementsEqual(Self.silence.utf8) { return own }
        guard (try? XMLMessage.inspect(body)) != nil else { return nil }
        guard self.cipher != nil else { return own }
        return self.sealed(body).map { Self.xml($0) }
    }

    /// A message on the wire: unchanged in plain mode, otherwise encrypted and signed.
    private func sealed(_ message: [UInt8]) -> [UInt8]? {
        guard let cipher = self.cipher else { return message }
        guard let encrypted = cipher.encrypt(message) else { return nil }
        let nonce = Hex.encode(SecureRandom.bytes(8))
        // Read once, so that the signed and the sent value agree.
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
