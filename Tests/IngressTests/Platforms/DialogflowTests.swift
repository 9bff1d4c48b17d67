// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct DialogflowTests {
    /// As the documentation of Dialogflow ES has it, shortened.
    private static let es =
        #"{"responseId":"ea3d77e8-ae27-41a4-9e1d-174bd461b68c","session":"projects/p/agent/sessions/88d13aa8-2999-4f71-b233-39cbf3a824a0","queryResult":{"queryText":"user's original query to your agent","parameters":{"param":"param value"},"intent":{"name":"projects/p/agent/intents/2","displayName":"matched-intent-name"},"languageCode":"en"},"originalDetectIntentRequest":{}}"#
    private static let cx =
        #"{"detectIntentResponseId":"d1","intentInfo":{"displayName":"x"},"pageInfo":{},"sessionInfo":{"session":"projects/p/locations/l/agents/a/sessions/s1","parameters":{}},"fulfillmentInfo":{"tag":"weather"},"text":"rain?","languageCode":"en"}"#

    private let dialogflow = Dialogflow(configuration: IngressConfiguration(), clock: Clock { 1_700_000_000_000 })

    private func request(_ body: String = DialogflowTests.es) -> WebhookRequest {
        WebhookRequest("dialogflow", query: [("secret", "s3")], body: body)
    }

    /// A request of Dialogflow ES says what was said, and waits for its reply.
    @Test func es() throws {
        let publishing = try #require(self.dialogflow.receive(self.request().request).published)
        #expect(String(buffer: publishing.event.body) == Self.es)
        #expect(publishing.event.query == "")
        #expect(publishing.event.id == "ea3d77e8-ae27-41a4-9e1d-174bd461b68c")
        #expect(publishing.key == self.dialogflow.receive(self.request().request).published?.key)
        #expect(publishing.event.type == "matched-intent-name")
        #expect(
            publishing.event.messages == [
                ChatMessage(
                    text: "user's original query to your agent",
                    sender: "88d13aa8-2999-4f71-b233-39cbf3a824a0",
                    conversation: "projects/p/agent/sessions/88d13aa8-2999-4f71-b233-39cbf3a824a0"
                )
            ]
        )
        let reply = try #require(publishing.reply)
        #expect(reply.timeLimit == .milliseconds(4_500))
        let response = try #require(reply.form.response(to: .text(#"Say "hi" \"# + "\u{1F600}\n")))
        #expect(String(buffer: response.body) == #"{"fulfillmentText":"Say \"hi\" \\"# + "\u{1F600}" + #"\n"}"#)
        #expect(response.headers.first?.value == "application/json")
        #expect(String(buffer: publishing.acknowledgement.body) == "{}")
    }

    /// For one response CX may ask a webhook about several fulfilments: each is an event of its own.
    @Test func severalFulfilments() throws {
        let other = Self.cx.replacing("weather", with: "traffic")
        let publishings = try [Self.cx, other].map {
            try #require(self.dialogflow.receive(self.request($0).request).published)
        }
        #expect(publishings[0].event.id != publishings[1].event.id)
        #expect(publishings[0].key != nil && publishings[0].key != publishings[1].key)
    }

    /// A request of Dialogflow CX, answered in its own form.
    @Test func cx() throws {
        let publishing = try #require(self.dialogflow.receive(self.request(Self.cx).request).published)
        #expect(publishing.event.id?.hasPrefix("d1-") == true)
        #expect(publishing.key == self.dialogflow.receive(self.request(Self.cx).request).published?.key)
        #expect(publishing.event.type == "weather")
        #expect(
            publishing.event.messages == [
                ChatMessage(
                    text: "rain?",
                    sender: "s1",
                    conversation: "projects/p/locations/l/agents/a/sessions/s1"
                )
            ]
        )
        let response = try #require(publishing.reply?.form.response(to: .text("yes")))
        #expect(
            String(buffer: response.body) == #"{"fulfillmentResponse":{"messages":[{"text":{"text":["yes"]}}]}}"#
        )
    }

    /// A response by the bot's own hand is passed on as it is; what an agent does not read is not.
    @Test func ownResponses() throws {
        let form = DialogflowReplyForm(edition: .es)
        let own = Reply.Response(
            status: 200,
            headers: [.init(name: "Content-Type", value: "application/json")],
            body: ByteBuffer(string: #"{"fulfillmentText": "Hello! This is the response from the webhook."}"#)
        )
        #expect(form.response(to: .response(own))?.body == own.body)
        #expect(form.response(to: .text(String(repeating: "x", count: 65_510))) != nil)
        #expect(form.response(to: .text(String(repeating: "x", count: 65_520))) == nil)
        let large = ByteBuffer(repeating: 0x20, count: 65_537)
        #expect(form.response(to: .response(.init(status: 200, headers: [], body: large))) == nil)
        for (status, body, isFit) in [
            (200, "{}", true), (200, #" {"a":[{}]} "#, true), (204, "{}", false), (201, "{}", false),
            (500, "{}", false), (200, "", false), (200, "hi", false), (200, "[]", false), (200, "{", false),
            (200, #""{}""#, false),
        ] {
            let response = Reply.Response(status: status, headers: [], body: ByteBuffer(string: body))
            #expect((form.response(to: .response(response)) != nil) == isFit, "\(status) \(body)")
        }
    }

    /// The secret in the URL, as bearer, as the password of basic auth or in a field: each suffices, and none travels.
    @Test func secrets() throws {
        var request = self.request()
        for (name, value) in [
            ("Authorization", "Bearer s3"), ("Authorization", "Basic " + Base64.encode("any:s3".utf8)), ("X-Key", "s3"),
        ] {
            request.query = name == "X-Key" ? [("header", "x-key")] : []
            request.headers = [(name, value)]
            let publishing = try #require(self.dialogflow.receive(request.request).published)
            #expect(publishing.channel == ChannelID(secret: Secret("s3")))
            #expect(publishing.event.headers.isEmpty)
        }
        // Google's own token beside a secret in the URL is Google's business.
        request = self.request()
        request.headers = [("Authorization", "Bearer a.google.token")]
        let publishing = try #require(self.dialogflow.receive(request.request).published)
        #expect(publishing.channel == ChannelID(secret: Secret("s3")))
        #expect(publishing.event.headers.isEmpty)
    }

    /// Without a secret, by GET, or with a body that is no query, a request is refused with a word of its own.
    @Test func broken() {
        for (query, headers) in [
            ([], []), ([("secret", "")], []), ([], [("Authorization", "Bearer")]), ([], [("Authorization", "Basic !")]),
            ([("header", "x-key")], [("X-Key", "")]),
            // Google's own token is no secret.
            ([], [("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhY2NvdW50cy5nb29nbGUuY29tIn0.c2ln")]),
        ] as [([(String, String)], [(String, String)])] {
            let request = WebhookRequest("dialogflow", query: query, headers: headers, body: Self.es)
            #expect(self.dialogflow.receive(request.request).refusal == "missing_secret")
            #expect(self.dialogflow.receive(request.request).status == 401)
        }
        let get = WebhookRequest(.GET, "dialogflow", query: [("secret", "s3")])
        #expect(self.dialogflow.receive(get.request).refusal == "not_post")
        #expect(self.dialogflow.receive(get.request).status == 405)
        let header = WebhookRequest("dialogflow", query: [("header", "a b")], body: Self.es)
        #expect(self.dialogflow.receive(header.request).refusal == "malformed_header")
        for (body, reason) in [
            ("", "malformed_json"), ("[]", "not_an_object"), ("{", "malformed_json"), ("{}", "not_a_query"),
            (#"{"queryResult":"x"}"#, "not_a_query"), (#"{"fulfillmentInfo":[]}"#, "not_a_query"),
            (#"{"queryResult":{},"queryResult":{}}"#, "malformed_json"),
            (#"{"queryResult":{"queryText":"a","queryText":"b"}}"#, "malformed_json"),
            (#"{"object":"page","entry":[]}"#, "not_a_query"),
        ] {
            #expect(self.dialogflow.receive(self.request(body).request).refusal == reason, "\(body)")
            #expect(self.dialogflow.receive(self.request(body).request).status == 400)
        }
    }

    /// Members that are missing are missing, and no reason to refuse.
    @Test func sparse() throws {
        let es = try #require(self.dialogflow.receive(self.request(#"{"queryResult":{}}"#).request).published)
        #expect(es.event.messages == [ChatMessage(text: nil, sender: nil, conversation: nil)])
        #expect(es.key == nil)
        let cx = self.request(#"{"sessionInfo":{"session":"s"},"transcript":"spoken"}"#)
        let publishing = try #require(self.dialogflow.receive(cx.request).published)
        #expect(publishing.event.messages == [ChatMessage(text: "spoken", sender: "s", conversation: "s")])
    }

    /// An event that cannot be stored is not acknowledged.
    @Test func retryLater() {
        #expect(self.dialogflow.retryLater(.unavailable).status == .serviceUnavailable)
    }
}
