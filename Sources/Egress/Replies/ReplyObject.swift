// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A reply as bots write it in JSON, on the envelope socket and over HTTP:
///
/// - `{"text": …}`: a text, to be wrapped in the platform's own format, or
/// - `{"status": 200, "headers": …, "body": …}`: a response as it is, each member as needed. A body that is an object or an
///   array is sent as JSON; `body_base64` stands in for a body that is no text.
struct ReplyObject {
    /// The members to scan the object for.
    static let members = ["text", "status", "headers", "body", "body_base64"]

    private let text: JSONValue?
    private let status: JSONValue?
    private let headers: JSONValue?
    private let body: JSONValue?
    private let base64: JSONValue?

    /// Reads the members of an object.
    ///
    /// - Precondition: it was scanned for `members`.
    init(_ object: JSONObjectView) {
        self.text = object["text"]
        self.status = object["status"]
        self.headers = object["headers"]
        self.body = object["body"]
        self.base64 = object["body_base64"]
    }

    /// The reply. It is not checked against `isFit`, which the broker does.
    func reply() throws(ReplyMistake) -> Reply {
        let isResponse = self.status != nil || self.headers != nil || self.body != nil || self.base64 != nil
        if let text = self.text {
            guard !isResponse else { throw .textAndResponse }
            guard let text = text.string else { throw .badText }
            return .text(text)
        }
        guard isResponse else { throw .emptyReply }
        var fields = try Self.fields(self.headers)
        let body = try Self.body(self.body, self.base64)
        if let type = body.contentType, !fields.contains(where: { $0.name.lowercased() == "content-type" }) {
            fields.append(Reply.Field(name: "Content-Type", value: type))
        }
        return .response(
            Reply.Response(status: try Self.status(self.status), headers: fields, body: body.bytes)
        )
    }

    private static func status(_ value: JSONValue?) throws(ReplyMistake) -> Int {
        guard let value else { return 200 }
        guard let status = value.integer, let status = Int(exactly: status), ReplyLimits.statuses.contains(status)
        else { throw .badStatus }
        return status
    }

    private static func body(
        _ body: JSONValue?,
        _ base64: JSONValue?
    ) throws(ReplyMistake) -> (bytes: ByteBuffer, contentType: String?) {
        switch (body, base64) {
        case (nil, nil):
            return (ByteBuffer(), nil)
        case (nil, let base64?):
            guard let bytes = base64.string.flatMap({ Base64.decode($0) }) else { throw .badBody }
            return (ByteBuffer(bytes: bytes), nil)
        case (let body?, nil):
            switch body.kind {
            case .object, .array:
                return (ByteBuffer(bytes: body.raw), "application/json")
            case .string:
                let bytes = ByteBuffer(string: body.string ?? "")
                return (bytes, ContentGuess(bytes).contentType)
            case .number, .boolean, .null:
                throw .badBody
            }
        case (_?, _?):
            throw .badBody
        }
    }

    /// An object or a list of pairs; reading stops once there are too many.
    private static func fields(_ value: JSONValue?) throws(ReplyMistake) -> [Reply.Field] {
        guard let value else { return [] }
        var fields: [Reply.Field] = []
        var isRight = true
        func add(_ name: String?, _ value: String?) -> Bool {
            guard let name, let value, fields.count <= ReplyLimits.fieldCount else { return false }
            fields.append(Reply.Field(name: name, value: value))
            return true
        }
        switch value.kind {
        case .array:
            value.forEachElement { pair in
                var parts: [String?] = []
                pair.forEachElement { part in
                    parts.append(part.string)
                    return parts.count <= 2
                }
                isRight = parts.count == 2 && add(parts[0], parts[1])
                return isRight
            }
        case .object:
            value.forEachMember { name, value in
                if value.kind == .array {
                    value.forEachElement { element in
                        isRight = add(name, element.string)
                        return isRight
                    }
                } else {
                    isRight = add(name, value.string)
                }
                return isRight
            }
        case .string, .number, .boolean, .null:
            isRight = false
        }
        guard isRight else { throw .badHeaders }
        return fields
    }
}
