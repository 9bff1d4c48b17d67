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
        /// How long the signature stays valid, in milliseconds, if it has a timestamp.
        var lifetime: Int64 = 0
        /// Whether the request waits for the bot's reply.
        var waitsForReply = false
    }

    static let name = "generic"
    static let ownParameters = ["secret", "scheme", "header", "reply"]
    static let acknowledgement = HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "OK"))

    /// The fields that may contain an event id; the first one present is used.
    private static let idFields: [StaticString] = ["webhook-id", "x-github-delivery", "idempotency-key", "svix-id"]
    /// The longest GitHub hook id, in bytes.
    private static let maximumHookLength = 64

    let clock: Clock
    private let configuration: IngressConfiguration

    init(configuration: IngressConfiguration, clock: Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// The secret in the URL, or in a field if the scheme sends it there.
    func credentials(in request: HTTPRequest) -> WebhookCredentials {
        if let secret = request.secretInURL { return WebhookCredentials(secret: secret) }
        guard let scheme = try? GenericScheme(request, WebhookSettings()), case .bearer(let header) = scheme else {
            return WebhookCredentials()
        }
        return WebhookCredentials(secret: try? Self.presented(request.headers, in: header))
    }

    func verify(_ request: HTTPRequest, _ settings: WebhookSettings) throws(GenericRejection) -> Verified {
        var verified = try self.check(request, settings)
        guard let waitsForReply = settings.waitsForReply(request) else { throw .malformedReply }
        verified.waitsForReply = waitsForReply
        return verified
    }

    /// Checks a signature with each of the secrets, since it is unknown which one the sender uses.
    private func check(_ request: HTTPRequest, _ settings: WebhookSettings) throws(GenericRejection) -> Verified {
        let secrets = settings.secrets(of: request)
        switch try GenericScheme(request, settings) {
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
            guard let secret = secrets.map({ $0.matching(presented) }) ?? presented, settings.sufficesAlone else {
                throw .wrongSecret
            }
            return Verified(secret: secret, body: request.body, credentialFields: header.map { [$0] } ?? [])
        case .unsigned:
            guard let secrets else { throw .missingSecret }
            guard settings.admitsUnsigned(request) else { throw .unproven }
            return Verified(secret: secrets.current, body: request.body)
        }
    }

    func describe(_ verified: Verified, of request: HTTPRequest) throws(GenericRejection) -> EventDescription {
        var description = EventDescription()
        for name in Self.idFields {
            guard case .value(let id) = request.headers.single(name) else { continue }
            if let id = EventDescription.bounded(id: id) {
                description.id = id
                description.key = DuplicateKey(
                    "\(name):\(id)\(Self.hook(of: request))",
                    signatureLifetime: verified.lifetime
                )
            }
            break
        }
        if case .value(let type) = request.headers.single("x-github-event") { description.type = type }
        if verified.waitsForReply {
            description.reply = ReplyTerms(form: PlainReplyForm(), timeLimit: self.configuration.replyTimeout)
        }
        return description
    }

    /// The id of the GitHub hook that sent a request, appended to the event id; empty if missing. Several hooks, a
    /// repository's and its organization's, report one event under the same id.
    private static func hook(of request: HTTPRequest) -> String {
        var hook = ""
        let occurrence = request.fields.single("x-github-hook-id") { id in
            if id.count <= Self.maximumHookLength { hook = ":" + String(decoding: id, as: UTF8.self) }
        }
        return occurrence == .once ? hook : ""
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
