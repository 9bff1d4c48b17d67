// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a Dialogflow agent asks its webhook (`WebhookRequest` of dialogflow.v2 and dialogflow.cx.v3).
struct DialogflowQuery {
    /// The product, by whose form it must be answered.
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

    let edition: Edition
    /// The response's id, the same over retries.
    let id: String?
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

    private init?(_ object: JSONObjectView) throws(JSONError) {
        let session: String?
        let text: String?
        if let result = try object["queryResult"]?.object(members: Self.resultMembers) {
            self.edition = .es
            self.id = object["responseId"]?.string
            self.type = try result["intent"]?.object(members: Self.intentMembers)?["displayName"]?.string
            session = object["session"]?.string
            text = result["queryText"]?.string
        } else if object["fulfillmentInfo"]?.isObject ?? object["sessionInfo"]?.isObject ?? false {
            self.edition = .cx
            self.id = object["detectIntentResponseId"]?.string
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
}
