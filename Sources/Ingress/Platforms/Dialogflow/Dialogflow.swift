// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Dialogflow ES and CX (cloud.google.com/dialogflow, "Fulfillment webhook" and "Webhooks").
///
/// `POST /webhook/dialogflow?secret=S[&header=NAME]`: nothing is signed, the caller proves itself by the secret. The
/// request waits for the bot's reply. Belongs to one event loop.
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

    func verify(_ request: HTTPRequest, _ agreement: Agreement) throws(DialogflowRejection) -> Verified {
        guard request.method == .POST else { throw .notPOST }
        let header = agreement.header(of: request)
        guard header?.isHTTPToken ?? true else { throw .malformedHeader }
        guard let secret = Self.secret(of: request, header: header) else { throw .missingSecret }
        guard agreement.bot?.isOpened(by: secret) ?? true, agreement.sufficesAlone else { throw .wrongSecret }
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

    /// The secret, in the URL or in a field: either suffices. A secret in the URL goes before a field, in which Google may
    /// have put a token of its own.
    private static func secret(of request: HTTPRequest, header: String?) -> Secret? {
        if let secret = request.secretInURL { return secret }
        if let header, case .value(let value) = request.headers.single(named: header), !value.isEmpty {
            return Secret(value)
        }
        return Authorization.secret(in: request.headers)
    }
}
