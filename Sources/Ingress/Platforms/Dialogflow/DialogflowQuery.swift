// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A Dialogflow agent's webhook request (`WebhookRequest` of dialogflow.v2 and dialogflow.cx.v3).
struct DialogflowQuery {
    /// The product, which determines the response format.
    enum Edition: String, Sendable {
        case es
        case cx
    }

    private static let members = JSONMemberNames(
        "responseId",
        "session",
        "queryResult",
        "detectIntentResponseId",
        "fulfillmentInfo",
        "sessionInfo",
        "text",
        "transcript"
    )
    private static let resultMembers = JSONMemberNames("queryText", "intent")
    private static let intentMembers = JSONMemberNames("displayName")
    private static let fulfillmentMembers = JSONMemberNames("tag")
    private static let sessionMembers = JSONMemberNames("session")

    /// 128 bits.
    private static let digestLength = 16
    /// Leaves an id room for the digest.
    private static let maximumIDLength = EventDescription.maximumIDLength - 1 - 2 * digestLength

    let edition: Edition
    /// The id of the agent's response to its user; nil if unusable.
    private let responseID: String?
    /// The intent's name (ES) or the fulfilment's tag (CX).
    let type: String?
    /// What the user said, and in which session.
    let message: ChatMessage

    /// Reads a request's body.
    init(_ body: ByteBuffer) throws(DialogflowRejection) {
        let query: DialogflowQuery?
        do throws(JSONError) {
            query = try body.readJSONObject(members: Self.members) { object throws(JSONError) in
                try DialogflowQuery(object)
            }
        } catch {
            throw error.reason == .notAnObject ? .notAnObject : .malformedJSON
        }
        guard let query else { throw .notAQuery }
        self = query
    }

    /// The query's id, and its duplicate key, which is the same across retries and unique otherwise; nil if it has no
    /// response id.
    ///
    /// For one response of CX a webhook may be asked several times, about different fulfilments (`DetectIntentResponse`,
    /// `query_result.webhook_payloads`: "in the order of call sequence"): the bytes tell them apart, and a retry repeats them.
    ///
    /// - Parameter body: the whole request's.
    func identity(body: ByteBuffer) -> (id: String, key: String)? {
        guard let responseID else { return nil }
        let digest = Hex.encode(Digest.sha256(body.readableBytesView).prefix(Self.digestLength))
        let name = "\(responseID)-\(digest)"
        return (self.edition == .cx ? name : responseID, "query:" + name)
    }

    private init?(_ object: JSONObjectView) throws(JSONError) {
        let session: String?
        let text: String?
        if let result = try object["queryResult"]?.object(members: Self.resultMembers) {
            self.edition = .es
            self.responseID = Self.responseID(object["responseId"])
            self.type = try result["intent"]?.object(members: Self.intentMembers)?["displayName"]?.string
            session = object["session"]?.string
            text = result["queryText"]?.string
        } else if object["fulfillmentInfo"]?.isObject ?? object["sessionInfo"]?.isObject ?? false {
            self.edition = .cx
            self.responseID = Self.responseID(object["detectIntentResponseId"])
            self.type = try object["fulfillmentInfo"]?.object(members: Self.fulfillmentMembers)?["tag"]?.string
            session = try object["sessionInfo"]?.object(members: Self.sessionMembers)?["session"]?.string
            text = object["text"]?.string ?? object["transcript"]?.string
        } else {
            return nil
        }
        // `projects/…/sessions/ID`: the ID is what the integration calls its user.
        let sender = session?.utf8.lastIndex(of: UInt8(ascii: "/")).flatMap { slash in
            session.map { String($0[$0.utf8.index(after: slash)...]) }
        }
        self.message = ChatMessage(text: text, sender: sender ?? session, conversation: session)
    }

    private static func responseID(_ value: JSONValue?) -> String? {
        value?.string.flatMap { (1...self.maximumIDLength).contains($0.utf8.count) ? $0 : nil }
    }
}
