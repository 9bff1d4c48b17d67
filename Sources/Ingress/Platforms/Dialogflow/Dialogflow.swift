// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Dialogflow ES and CX (cloud.google.com/dialogflow, "Fulfillment webhook" and "Webhooks").
///
/// `POST /webhook/dialogflow?secret=S[&header=NAME]`: requests are unsigned, the secret authenticates the caller. The
/// request waits for the bot's reply. Confined to one event loop.
final class Dialogflow: ChatPlatform {
    struct Verified: VerifiedRequest {
        var secret: Secret
        var body: ByteBuffer
        var credentialFields: [String]
    }

    static let name = "dialogflow"
    static let ownParameters = ["secret", "header"]
    /// A fulfilment that changes nothing: the agent answers with what it has.
    static let acknowledgement = HTTPResponse.json(ByteBuffer(string: "{}"))

    let clock: Clock
    private let configuration: IngressConfiguration

    init(configuration: IngressConfiguration, clock: Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    func credentials(in request: HTTPRequest) -> WebhookCredentials {
        WebhookCredentials(secret: Self.secret(of: request, header: request.query["header"]))
    }

    func verify(_ request: HTTPRequest, _ settings: WebhookSettings) throws(DialogflowRejection) -> Verified {
        guard request.method == .POST else { throw .notPOST }
        let header = settings.header(of: request)
        guard header?.isHTTPToken ?? true else { throw .malformedHeader }
        guard let secret = Self.secret(of: request, header: header) else { throw .missingSecret }
        guard settings.bot?.isOpened(by: secret) ?? true, settings.sufficesAlone else { throw .wrongSecret }
        return Verified(secret: secret, body: request.body, credentialFields: header.map { [$0] } ?? [])
    }

    func describe(
        _ verified: Verified,
        of request: HTTPRequest
    ) throws(DialogflowRejection) -> EventDescription {
        let query = try DialogflowQuery(request.body)
        let identity = query.identity(body: request.body)
        return EventDescription(
            id: identity?.id,
            type: query.type,
            key: identity.map { DuplicateKey($0.key) },
            messages: [query.message],
            reply: ReplyTerms(
                form: DialogflowReplyForm(edition: query.edition),
                timeLimit: self.configuration.replyTimeout
            )
        )
    }

    /// The secret, in the URL or in a field: either suffices. A secret in the URL takes precedence over a field, in
    /// which Google may have put a token of its own, which is not a secret and changes every hour.
    private static func secret(of request: HTTPRequest, header: String?) -> Secret? {
        if let secret = request.secretInURL { return secret }
        if let header, case .value(let value) = request.headers.single(named: header), !value.isEmpty {
            return Secret(value)
        }
        return Authorization.secret(in: request.headers).flatMap { Self.isToken($0) ? nil : $0 }
    }

    /// Whether a text is a JSON Web Token (RFC 7519, section 3), as Google's ID tokens are: three parts, of which the
    /// first begins as `{"` does in Base64.
    private static func isToken(_ secret: Secret) -> Bool {
        secret.exposeUTF8 { text in
            text.starts(with: "eyJ".utf8) && text.count(where: { $0 == UInt8(ascii: ".") }) == 2
        }
    }
}
