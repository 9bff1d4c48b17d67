// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A reply as the fulfilment that the agent says.
struct DialogflowReplyForm: ReplyForm {
    /// The largest answer that an agent reads, in bytes (cloud.google.com/dialogflow, "Quotas and limits").
    private static let maximumLength = 64 << 10

    let edition: DialogflowQuery.Edition

    func response(to reply: Reply) -> HTTPResponse? {
        switch reply {
        case .text(let text):
            let body = ByteBuffer(bytes: self.fulfillment(text))
            return body.readableBytes <= Self.maximumLength ? .json(body) : nil
        case .response(let response):
            return response.body.readableBytes <= Self.maximumLength ? HTTPResponse(response) : nil
        }
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
