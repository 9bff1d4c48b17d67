// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Webhooks of no platform in particular: any method, any body, signed in one of the usual ways.
///
/// `/webhook/generic?secret=S[&scheme=…][&header=…][&reply=1]`. Belongs to one event loop.
final class Generic: ChatPlatform {
    struct Verified: VerifiedRequest {
        var secret: Secret
        var body: ByteBuffer
        var credentialFields: [String] = []
        /// How long the signature stays good, in milliseconds, where it tells its time.
        var lifetime: Int64 = 0
        /// Whether the request waits for the bot's reply.
        var waitsForReply = false
    }

    static let name = "generic"
    static let ownParameters = ["secret", "scheme", "header", "reply"]
    static let acknowledgement = HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "OK"))

    /// The fields that name an event, the first that is there counts.
    private static let idFields: [StaticString] = ["webhook-id", "x-github-delivery", "idempotency-key"]

    let clock: Clock
    private let configuration: IngressConfiguration

    init(configuration: IngressConfiguration, clock: Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// The secret in the URL, or where the scheme has it itself in a field, that one.
    func credentials(in request: HTTPRequest) -> WebhookCredentials {
        if let secret = request.secretInURL { return WebhookCredentials(secret: secret) }
        guard let scheme = try? GenericScheme(request, Agreement()), case .bearer(let header) = scheme else {
            return WebhookCredentials()
        }
        return WebhookCredentials(secret: try? Self.presented(request.headers, in: header))
    }

    func verify(_ request: HTTPRequest, _ agreement: Agreement) throws(GenericRejection) -> Verified {
        var verified = try self.check(request, agreement)
        guard let waitsForReply = agreement.waitsForReply(request) else { throw .malformedReply }
        verified.waitsForReply = waitsForReply
        return verified
    }

    /// Checks a signature with each of the secrets: which of them a sender has, only its owner knows.
    private func check(_ request: HTTPRequest, _ agreement: Agreement) throws(GenericRejection) -> Verified {
        let secrets = agreement.secrets(of: request)
        switch try GenericScheme(request, agreement) {
        case .hmac(let signature):
            guard let secrets else { throw .missingSecret }
            return Verified(secret: try signature.check(request, secrets), body: request.body)
        case .standard:
            guard let secrets else { throw .missingSecret }
            let signature = try StandardSignature(headers: request.headers)
            let key = try StandardKey(secrets.current)
            let lifetime = signature.timestamp.remainingLifetime(
                nowMilliseconds: self.clock.wallMilliseconds(),
                freshness: self.configuration.freshness
            )
            guard let lifetime else { throw .staleTimestamp }
            if signature.isValid(over: request.body, key: key) {
                return Verified(secret: secrets.current, body: request.body, lifetime: lifetime)
            }
            guard let previous = secrets.previous, let key = try? StandardKey(previous),
                signature.isValid(over: request.body, key: key)
            else { throw .wrongSignature }
            return Verified(secret: previous, body: request.body, lifetime: lifetime)
        case .bearer(let header):
            let presented = try Self.presented(request.headers, in: header)
            guard let secret = secrets.map({ $0.matching(presented) }) ?? presented, agreement.sufficesAlone else {
                throw .wrongSecret
            }
            return Verified(secret: secret, body: request.body, credentialFields: header.map { [$0] } ?? [])
        case .unsigned:
            guard let secrets else { throw .missingSecret }
            guard agreement.admitsUnsigned(request) else { throw .unproven }
            return Verified(secret: secrets.current, body: request.body)
        }
    }

    func describe(_ verified: Verified, of request: HTTPRequest) throws(GenericRejection) -> EventDescription {
        var description = EventDescription()
        for name in Self.idFields {
            guard case .value(let id) = request.headers.single(name) else { continue }
            if let id = EventDescription.bounded(id: id) {
                description.id = id
                description.key = DuplicateKey("\(name):\(id)", signatureLifetime: verified.lifetime)
            }
            break
        }
        if case .value(let type) = request.headers.single("x-github-event") { description.type = type }
        if verified.waitsForReply {
            description.reply = ReplyTerms(form: PlainReplyForm(), timeLimit: self.configuration.replyTimeout)
        }
        return description
    }

    private static func presented(
        _ headers: HTTPHeaders,
        in header: String?
    ) throws(GenericRejection) -> Secret {
        guard let header else {
            guard let secret = Authorization.secret(in: headers) else { throw .missingToken }
            return secret
        }
        guard case .value(let value) = headers.single(named: header), !value.isEmpty else { throw .missingToken }
        return Secret(value)
    }
}
