// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Dialogflow ES, to an agent's webhook (cloud.google.com/dialogflow, "Fulfillment webhook").
struct DialogflowSender: PlatformSender {
    private static let members = JSONMemberNames("fulfillmentText")

    private let credentials: Credentials

    init(_ credentials: Credentials) {
        self.credentials = credentials
    }

    func event(_ content: SampleContent) throws -> SampleRequest {
        SampleRequest(
            headers: [("Content-Type", "application/json"), ("User-Agent", "Google-Dialogflow")] + self.proof,
            body: self.body(content)
        )
    }

    /// Nothing is signed, and a relay takes any secret for that of some bot.
    func forgery() throws -> SampleRequest? { nil }

    func handshake() throws -> Handshake? { nil }

    /// A fulfilment is an object, an empty one too.
    func isAcknowledged(_ body: [UInt8]) -> Bool {
        body.withUnsafeBytes { (try? JSONObjectView(validating: $0, members: Self.members)) != nil }
    }

    func isFallback(_ body: [UInt8]) -> Bool { body.elementsEqual("{}".utf8) }

    private var proof: [(name: String, value: String)] {
        let secret = self.credentials.secret.exposeText()
        if let header = self.credentials.header { return [(header, secret)] }
        return switch self.credentials.presentation {
        case .url: []
        case .bearer: [("Authorization", "Bearer \(secret)")]
        case .basic: [("Authorization", "Basic " + Base64.encode("dialogflow:\(secret)".utf8))]
        }
    }

    private func body(_ content: SampleContent) -> [UInt8] {
        if case .body(let body) = content { return body }
        var text = "hookwire doctor"
        if case .text(let said) = content { text = said }
        let json = """
            {"responseId":"\(SampleID.make())","queryResult":{"queryText":\(text.asJSON),"languageCode":"en",\
            "parameters":{},"allRequiredParamsPresent":true,"intent":{"name":"projects/sample/agent/intents/1",\
            "displayName":"hookwire sample"},"intentDetectionConfidence":1},"originalDetectIntentRequest":{"payload":{}},\
            "session":"projects/sample/agent/sessions/hookwire"}
            """
        return Array(json.utf8)
    }
}
