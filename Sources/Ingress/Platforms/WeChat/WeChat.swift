// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// WeChat official accounts, in plain and in AES mode (developers.weixin.qq.com).
///
/// `/webhook/wechat?secret=TOKEN[&aes_key=…&app_id=…]`: GET is the platform's check of the URL, POST a message, which
/// waits for the bot's reply. In AES mode the event's body is the message that was encrypted: the relay ends the
/// encryption on both ways, so that a bot reads and writes the same in both modes. Belongs to one event loop.
final class WeChat: ChatPlatform {
    struct Verified: VerifiedRequest {
        var secret: Secret
        var body: ByteBuffer
        var message: WeChatMessage
        /// Nil in plain mode.
        var cipher: WeChatCipher?
        /// How long the signature stays good, in milliseconds.
        var lifetime: Int64

        // No credential, but it tells the length of another body.
        var credentialFields: [String] { self.cipher == nil ? [] : ["content-length"] }
    }

    static let name = "wechat"
    static let ownParameters = [
        "secret", "aes_key", "app_id", "signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr",
    ]
    static let acknowledgement = HTTPResponse(
        contentType: "text/plain",
        body: ByteBuffer(string: WeChatReplyForm.silence)
    )

    /// How long WeChat's requests wait at most: it gives up after 5 s.
    private static let timeLimit = TimeAmount.milliseconds(4_500)
    /// An echo longer than this is not WeChat's, in bytes.
    private static let maximumEchoLength = 1_024

    let clock: Clock
    private let configuration: IngressConfiguration

    init(configuration: IngressConfiguration, clock: Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// The check of the URL tells nobody anything and is not asked to be fresh.
    func handshake(_ request: HTTPRequest, _ agreement: Agreement) throws(WeChatRejection) -> HTTPResponse? {
        guard [.GET, .HEAD].contains(request.method) else { return nil }
        let tokens = try Self.tokens(request, agreement)
        guard let echo = request.query["echostr"] else { throw .notAHandshake }
        _ = try WeChatSignature(request.query).check(request.query["signature"], tokens)
        guard (1...Self.maximumEchoLength).contains(echo.utf8.count) else { throw .notAHandshake }
        _ = try Self.cipher(request, agreement)
        return .plainEcho(echo)
    }

    func verify(_ request: HTTPRequest, _ agreement: Agreement) throws(WeChatRejection) -> Verified {
        guard request.method == .POST else { throw .notPOST }
        let tokens = try Self.tokens(request, agreement)
        let cipher = try Self.cipher(request, agreement)
        let signature = try WeChatSignature(request.query)
        let isEncrypted = request.query["encrypt_type"] == "aes"
        let token: Secret
        let message: [UInt8]
        if isEncrypted {
            guard let cipher else { throw .missingAESKey }
            (token, message) = try Self.opened(request, signature, tokens, cipher)
        } else {
            // What is not encrypted is not signed either: who has seen one URL could say anything.
            guard cipher == nil else { throw .notEncrypted }
            token = try signature.check(request.query["signature"], tokens)
            message = Array(request.body.readableBytesView)
        }
        let lifetime = signature.timestamp.remainingLifetime(
            nowMilliseconds: self.clock.wallMilliseconds(),
            freshness: self.configuration.freshness
        )
        guard let lifetime else { throw .staleTimestamp }
        return Verified(
            secret: token,
            body: isEncrypted ? ByteBuffer(bytes: message) : request.body,
            message: try Self.read(WeChatMessage.self, message),
            cipher: cipher,
            lifetime: lifetime
        )
    }

    func describe(_ verified: Verified, of request: HTTPRequest) throws(WeChatRejection) -> EventDescription {
        let message = verified.message
        guard message.isComplete, message.key.utf8.count <= EventDescription.maximumIDLength else {
            throw .missingFields
        }
        return EventDescription(
            id: message.id,
            type: message.type,
            key: DuplicateKey(message.key, signatureLifetime: verified.lifetime),
            messages: [ChatMessage(text: message.text, sender: message.user, conversation: message.account)],
            reply: ReplyTerms(
                form: WeChatReplyForm(
                    user: message.user,
                    account: message.account,
                    token: verified.secret,
                    cipher: verified.cipher,
                    clock: self.clock
                ),
                timeLimit: min(Self.timeLimit, self.configuration.replyTimeout)
            )
        )
    }

    private static func tokens(_ request: HTTPRequest, _ agreement: Agreement) throws(WeChatRejection) -> SigningSecrets
    {
        guard let tokens = agreement.secrets(of: request) else { throw .missingSecret }
        return tokens
    }

    /// The cipher that the agreement has the key of; nil in plain mode.
    private static func cipher(_ request: HTTPRequest, _ agreement: Agreement) throws(WeChatRejection) -> WeChatCipher?
    {
        guard let key = agreement.aesKey(of: request) else { return nil }
        guard let appID = agreement.appID(of: request) else { throw .missingAppID }
        guard let cipher = WeChatCipher(encodedKey: key, appID: appID) else { throw .malformedAESKey }
        return cipher
    }

    /// The message in an encrypted request, decrypted only after its signature; and the token of that, with which the
    /// platform expects the reply to be signed.
    private static func opened(
        _ request: HTTPRequest,
        _ signature: WeChatSignature,
        _ tokens: SigningSecrets,
        _ cipher: WeChatCipher
    ) throws(WeChatRejection) -> (token: Secret, message: [UInt8]) {
        let envelope = try self.read(WeChatEnvelope.self, Array(request.body.readableBytesView))
        let token = try signature.check(request.query["msg_signature"], tokens, encrypted: envelope.encrypted)
        guard let message = cipher.decrypt(envelope.encrypted) else { throw .undecryptable }
        return (token, message)
    }

    private static func read<Fields: Decodable>(
        _ type: Fields.Type,
        _ document: [UInt8]
    ) throws(WeChatRejection) -> Fields {
        do throws(XMLViolation) {
            return try XMLMessage.decode(type, from: document)
        } catch {
            throw WeChatRejection(error)
        }
    }
}
