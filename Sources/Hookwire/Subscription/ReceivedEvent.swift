// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// An event as an envelope socket brings it: what the platform sent, and what the relay knows of it (docs/envelope.md).
struct ReceivedEvent: Equatable, Sendable {
    let position: Position
    let id: String
    let type: String
    let platform: String
    /// When the relay received it, in its time format; empty if missing.
    let time: String
    let method: HTTPMethod
    /// What followed the webhook's own path.
    let path: String
    /// The request's own, as it was encoded, without credentials.
    let query: String
    let headers: HTTPHeaders
    let body: ByteBuffer
    /// What answers the event; nil where nothing waits for that.
    let replyToken: String?
    let text: String?
    let sender: String?
    /// Whether it is a replay.
    let isReplay: Bool
    /// The event's trace context, `traceparent` and `tracestate`; nil if missing.
    let traceparent, tracestate: String?
    /// The whole frame.
    let frame: ByteBuffer

    private static let names = JSONMemberNames(
        "position",
        "id",
        "type",
        "platform",
        "time",
        "replytoken",
        "traceparent",
        "tracestate"
    )
    private static let requestNames = JSONMemberNames(
        "method",
        "path",
        "query",
        "headers",
        "text",
        "sender",
        "replayof"
    )

    /// Reads a frame; nil for what is no event.
    init?(_ frame: ByteBuffer) {
        guard let layout = EnvelopeLayout(frame), let body = layout.body else { return nil }
        let parsed = layout.attributes.withUnsafeBytes { bytes -> (Parts, HTTPHeaders)? in
            guard let event = try? JSONObjectView(validating: bytes, members: Self.names),
                let request = try? JSONObjectView(validating: bytes, members: Self.requestNames)
            else { return nil }
            return (Parts(event, request), Self.headers(request["headers"]?.string ?? "[]"))
        }
        guard let (parts, headers) = parsed, let position = parts.position else { return nil }
        self.position = position
        self.id = parts.id
        self.type = parts.type
        self.platform = parts.platform
        self.time = parts.time
        self.method = HTTPMethod(rawValue: parts.method)
        self.path = parts.path
        self.query = parts.query
        self.headers = headers
        self.body = body
        self.replyToken = parts.replyToken
        self.text = parts.text
        self.sender = parts.sender
        self.isReplay = parts.isReplay
        self.traceparent = parts.traceparent
        self.tracestate = parts.tracestate
        self.frame = frame
    }

    /// `time` in milliseconds since 1970; nil where the relay did not say.
    var milliseconds: Int64? {
        guard self.time.utf8.count == 24, let fraction = Int64(self.time.dropFirst(20).prefix(3)),
            let seconds = UTCTimeText.parse(self.time.prefix(19) + "Z")
        else { return nil }
        return seconds + fraction
    }

    /// The header fields with the event's current trace context; none if it was not recorded.
    var traceFields: [(name: String, value: String)] {
        guard let traceparent, traceparent != self.headers.first(name: "traceparent") else { return [] }
        return [("traceparent", traceparent)] + (self.tracestate.map { [("tracestate", $0)] } ?? [])
    }

    /// What can be copied out of the frame.
    private struct Parts {
        var position: Position?
        var id, type, platform, time, method, path, query: String
        var replyToken, text, sender, traceparent, tracestate: String?
        var isReplay: Bool

        init(_ event: JSONObjectView, _ request: JSONObjectView) {
            self.position = event["position"]?.string.flatMap { Position($0) }
            self.id = event["id"]?.string ?? ""
            self.type = event["type"]?.string ?? ""
            self.platform = event["platform"]?.string ?? ""
            self.time = event["time"]?.string ?? ""
            self.replyToken = event["replytoken"]?.string
            self.traceparent = event["traceparent"]?.string
            self.tracestate = event["tracestate"]?.string
            self.isReplay = request["replayof"] != nil
            self.method = request["method"]?.string ?? "POST"
            self.path = request["path"]?.string ?? ""
            self.query = request["query"]?.string ?? ""
            self.text = request["text"]?.string
            self.sender = request["sender"]?.string
        }
    }

    /// Reads `[["Name","value"],…]`.
    private static func headers(_ json: String) -> HTTPHeaders {
        var headers = HTTPHeaders()
        // A list is looked at as a member's value: what the scanner reads is an object.
        let wrapped = Array("{\"h\":\(json)}".utf8)
        wrapped.withUnsafeBytes { bytes in
            let list = (try? JSONObjectView(validating: bytes, members: JSONMemberNames("h")))?["h"]
            list?.forEachElement { pair in
                var parts: [String] = []
                pair.forEachElement { part in
                    if let text = part.string { parts.append(text) }
                    return true
                }
                // HTTPHeaders takes the process down over a name that is not ASCII.
                if parts.count == 2, parts[0].isHTTPToken {
                    headers.add(name: parts[0], value: parts[1])
                }
                return true
            }
        }
        return headers
    }
}

/// Where the parts of an envelope lie. The relay writes the attributes first and the data last, with nothing between the
/// data and the end: so the body's bytes are had exactly, white space around them too, however deep they are nested.
struct EnvelopeLayout {
    /// A JSON object.
    let attributes: [UInt8]
    /// The webhook request's body; nil if it cannot be read.
    let body: ByteBuffer?

    private static let json = Array(#","data":"#.utf8)
    private static let base64 = Array(#","data_base64":"#.utf8)

    /// - Returns: nil for what is no object.
    init?(_ frame: ByteBuffer) {
        let bytes = frame.readableBytesView
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        let end = bytes.index(before: bytes.endIndex)
        // In a text the quotes would be escaped: what looks like a member is one.
        guard let (start, isJSON) = Self.data(in: bytes) else {
            self.attributes = Array(bytes)
            self.body = ByteBuffer()
            return
        }
        let length = isJSON ? Self.json.count : Self.base64.count
        self.attributes = Array(bytes[..<start]) + [UInt8(ascii: "}")]
        let value = bytes[(start + length)..<end]
        if isJSON {
            self.body = ByteBuffer(value)
        } else {
            let text = String(decoding: value.dropFirst().dropLast(), as: UTF8.self)
            self.body = Base64.decode(text).map { ByteBuffer(bytes: $0) }
        }
    }

    private static func data(in bytes: ByteBufferView) -> (Int, isJSON: Bool)? {
        var index = bytes.startIndex
        while let comma = bytes[index...].firstIndex(of: UInt8(ascii: ",")) {
            if bytes[comma...].starts(with: self.json) { return (comma, true) }
            if bytes[comma...].starts(with: self.base64) { return (comma, false) }
            index = comma + 1
        }
        return nil
    }
}
