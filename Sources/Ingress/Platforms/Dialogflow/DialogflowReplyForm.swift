// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Formats a reply as a fulfilment for the agent.
struct DialogflowReplyForm: ReplyForm {
    /// The largest answer that an agent reads, in bytes (cloud.google.com/dialogflow, "Quotas and limits").
    private static let maximumLength = 64 << 10
    /// Whatever the object has.
    private static let noMembers = JSONMemberNames()

    let edition: DialogflowQuery.Edition

    func response(to reply: Reply) -> HTTPResponse? {
        switch reply {
        case .text(let text):
            let body = ByteBuffer(bytes: self.fulfillment(text))
            return body.readableBytes <= Self.maximumLength ? .json(body) : nil
        case .response(let response):
            return Self.isReadable(response) ? HTTPResponse(response) : nil
        }
    }

    /// Whether an agent can read a response: 200 with a JSON object, a `WebhookResponse`.
    private static func isReadable(_ response: Reply.Response) -> Bool {
        guard response.status == 200, response.body.readableBytes <= Self.maximumLength else { return false }
        return (try? response.body.readJSONObject(members: Self.noMembers) { _ in true }) ?? false
    }

    private func fulfillment(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        switch self.edition {
        case .es:
            json += #"{"fulfillmentText":"#.utf8
            JSONWriter.append(text, to: &json)
            json += "}".utf8
        case .cx:
            json += #"{"fulfillmentResponse":{"messages":[{"text":{"text":["#.utf8
            JSONWriter.append(text, to: &json)
            json += "]}}]}}".utf8
        }
        return json
    }
}
