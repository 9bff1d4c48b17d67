// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Messenger, WhatsApp and Instagram (developers.facebook.com, "Webhooks").
///
/// `/webhook/messenger?secret=APP-SECRET&verify_token=T`: GET is Meta's check of the URL, POST its events. A reply goes
/// through Meta's API, never in the response. Confined to one event loop.
final class Messenger: ChatPlatform {
    struct Verified: VerifiedRequest {
        var secret: Secret
        var body: ByteBuffer
        var credentialFields: [String] { [] }
    }

    static let name = "messenger"
    static let ownParameters = ["secret", "verify_token"]
    static let acknowledgement = HTTPResponse(
        contentType: "text/plain",
        body: ByteBuffer(string: "EVENT_RECEIVED")
    )

    private static let signaturePrefix = "sha256="
    /// The longest plausible challenge, in bytes.
    private static let maximumChallengeLength = 1_024

    let clock: Clock

    init(clock: Clock) {
        self.clock = clock
    }

    func handshake(_ request: HTTPRequest, _ settings: WebhookSettings) throws(MessengerRejection) -> HTTPResponse? {
        guard [.GET, .HEAD].contains(request.method) else { return nil }
        guard request.query["hub.mode"] == "subscribe", let presented = request.query["hub.verify_token"],
            let challenge = request.query["hub.challenge"]
        else { throw .notAHandshake }
        // A URL without a secret would pass this check only to fail with its first event.
        guard settings.secrets(of: request) != nil else { throw .missingSecret }
        guard let token = settings.verifyToken(of: request) else { throw .missingVerifyToken }
        guard token == Secret(presented) else { throw .wrongVerifyToken }
        guard (1...Self.maximumChallengeLength).contains(challenge.utf8.count),
            challenge.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .notAHandshake }
        return .plainEcho(challenge)
    }

    func verify(_ request: HTTPRequest, _ settings: WebhookSettings) throws(MessengerRejection) -> Verified {
        guard request.method == .POST else { throw .notPOST }
        guard let secrets = settings.secrets(of: request) else { throw .missingSecret }
        let signature: String
        switch request.headers.single("x-hub-signature-256") {
        case .missing: throw .missingSignature
        case .repeated: throw .malformedSignature
        case .value(let value): signature = value
        }
        guard signature.utf8.starts(with: Self.signaturePrefix.utf8),
            let code = Hex.decode(signature.utf8.dropFirst(Self.signaturePrefix.utf8.count), byteCount: 32)
        else { throw .malformedSignature }
        // Meta signs with the new secret as soon as it is reset in the app's settings, but retries events signed
        // before.
        let secret = secrets.first { secret in
            secret.exposeUTF8 { HMACSHA256.isValid(code, key: $0, over: request.body.readableBytesView) }
        }
        guard let secret else { throw .wrongSignature }
        return Verified(secret: secret, body: request.body)
    }

    func describe(_ verified: Verified, of request: HTTPRequest) throws(MessengerRejection) -> EventDescription {
        let batch: MessengerBatch?
        do throws(JSONError) {
            batch = try MessengerBatch(request.body)
        } catch {
            throw error.reason == .notAnObject ? .notAnObject : .malformedJSON
        }
        guard let batch else { throw .missingObject }
        return EventDescription(
            id: batch.ids.count == 1 ? batch.ids[0] : nil,
            type: batch.object,
            key: DuplicateKey(batch.key(body: request.body)),
            messages: batch.messages
        )
    }
}

extension HTTPResponse {
    /// Echoes the caller's text, as plain text so that a browser does not render it.
    static func plainEcho(_ text: String) -> HTTPResponse {
        HTTPResponse(
            status: .ok,
            headers: [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")],
            body: ByteBuffer(string: text)
        )
    }
}
