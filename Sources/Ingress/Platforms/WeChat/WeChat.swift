// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// WeChat official accounts, in plain and in AES mode (developers.weixin.qq.com).
///
/// `/webhook/wechat?secret=TOKEN[&aes_key=…&app_id=…]`: GET is the platform's check of the URL, POST a message, which
/// waits for the bot's reply. In AES mode the event's body is the decrypted message: the relay terminates the
/// encryption in both directions, so that a bot reads and writes the same in both modes. Confined to one event loop.
final class WeChat: ChatPlatform {
    struct Verified: VerifiedRequest {
        var secret: Secret
        var body: ByteBuffer
        var message: WeChatMessage
        /// Nil in plain mode.
        var cipher: WeChatCipher?
        /// How long the signature stays valid, in milliseconds.
        var lifetime: Int64

        // Not a credential, but the length of the encrypted body.
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
    /// The longest plausible echo, in bytes.
    private static let maximumEchoLength = 1_024

    let clock: Clock
    private let configuration: IngressConfiguration

    init(configuration: IngressConfiguration, clock: Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// The URL check reveals nothing and need not be fresh.
    func handshake(_ request: HTTPRequest, _ settings: WebhookSettings) throws(WeChatRejection) -> HTTPResponse? {
        guard [.GET, .HEAD].contains(request.method) else { return nil }
        let tokens = try Self.tokens(request, settings)
        guard let echo = request.query["echostr"] else { throw .notAHandshake }
        _ = try WeChatSignature(request.query).check(request.query["signature"], tokens)
        guard (1...Self.maximumEchoLength).contains(echo.utf8.count) else { throw .notAHandshake }
        _ = try Self.ciphers(request, settings)
        return .plainEcho(echo)
    }

    func verify(_ request: HTTPRequest, _ settings: WebhookSettings) throws(WeChatRejection) -> Verified {
        guard request.method == .POST else { throw .notPOST }
        let tokens = try Self.tokens(request, settings)
        let ciphers = try Self.ciphers(request, settings)
        let signature = try WeChatSignature(request.query)
        let isEncrypted = request.query["encrypt_type"] == "aes"
        let token: Secret
        let message: [UInt8]
        let cipher: WeChatCipher?
        if isEncrypted {
            guard let ciphers else { throw .missingAESKey }
            let opened = try Self.opened(request, signature, tokens, ciphers)
            (token, message, cipher) = (opened.token, opened.message, opened.cipher)
        } else {
            // Unencrypted bodies are not signed: anyone who has seen one URL could forge them.
            guard ciphers == nil else { throw .notEncrypted }
            cipher = nil
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
            message: try Self.read(WeChatMessage.self, message, once: WeChatMessage.fieldNames),
            cipher: cipher,
            lifetime: lifetime
        )
    }

    func describe(_ verified: Verified, of request: HTTPRequest) throws(WeChatRejection) -> EventDescription {
        let message = verified.message
        let key = message.key(body: verified.body)
        guard message.isComplete, key.utf8.count <= EventDescription.maximumIDLength else { throw .missingFields }
        return EventDescription(
            id: message.id,
            type: message.type,
            key: DuplicateKey(key, signatureLifetime: verified.lifetime),
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

    private static func tokens(
        _ request: HTTPRequest,
        _ settings: WebhookSettings
    ) throws(WeChatRejection) -> SigningSecrets {
        guard let tokens = settings.secrets(of: request) else { throw .missingSecret }
        return tokens
    }

    /// The ciphers that the settings have the keys of; nil in plain mode.
    private static func ciphers(
        _ request: HTTPRequest,
        _ settings: WebhookSettings
    ) throws(WeChatRejection) -> WeChatCiphers? {
        guard let key = settings.aesKey(of: request) else { return nil }
        guard let appID = settings.appID(of: request) else { throw .missingAppID }
        guard let cipher = WeChatCipher(encodedKey: key, appID: appID) else { throw .malformedAESKey }
        let previous = settings.previousAESKey.flatMap { WeChatCipher(encodedKey: $0, appID: appID) }
        return WeChatCiphers(current: cipher, previous: previous)
    }

    /// The message in an encrypted request, decrypted only after its signature; the token of that, with which the
    /// platform expects the reply to be signed; and the cipher, with which it expects it to be encrypted.
    private static func opened(
        _ request: HTTPRequest,
        _ signature: WeChatSignature,
        _ tokens: SigningSecrets,
        _ ciphers: WeChatCiphers
    ) throws(WeChatRejection) -> (token: Secret, message: [UInt8], cipher: WeChatCipher) {
        let document = Array(request.body.readableBytesView)
        let envelope = try self.read(WeChatEnvelope.self, document, once: WeChatEnvelope.fieldNames)
        let token = try signature.check(request.query["msg_signature"], tokens, encrypted: envelope.encrypted)
        guard let (message, cipher) = ciphers.decrypt(envelope.encrypted) else { throw .undecryptable }
        return (token, message, cipher)
    }

    private static func read<Fields: Decodable>(
        _ type: Fields.Type,
        _ document: [UInt8],
        once names: Set<String>
    ) throws(WeChatRejection) -> Fields {
        do throws(XMLViolation) {
            return try XMLMessage.decode(type, from: document, once: names)
        } catch {
            throw WeChatRejection(error)
        }
    }
}
