// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// An event as a CloudEvent in JSON (CloudEvents 1.0, JSON format), the format of envelope sockets and event streams;
/// docs/envelope.md documents it for bot authors.
///
/// The body is the data, byte for byte if it is JSON. The rest of the request is in extension attributes, which the
/// specification limits to scalars, so the header fields and the list of messages are JSON in a string.
struct Envelope {
    /// The data member.
    private enum Data {
        /// An empty body.
        case none
        case json(ByteBuffer)
        case base64(String)
    }

    /// The event's position.
    let position: Position
    /// How to reply to it.
    let reply: ReplyOffer?
    private let attributes: [UInt8]
    private let data: Data

    /// The type prefix of the relay's own frames.
    static let reservedTypes = "hookwire."

    /// The envelope of an event on a channel.
    ///
    /// - Parameters:
    ///   - attempt: the delivery attempt to its consumer or group.
    ///   - offersReply: whether its reader may reply.
    init(_ entry: LogEntry, channel: ChannelID, attempt: Int = 1, offersReply: Bool = true) {
        let event = entry.event
        let headers = event.headers
        let (data, contentType) = Self.data(of: event, contentType: headers.first(name: "content-type"))
        var attributes = CloudEventAttributes(
            id: Self.identity(of: entry),
            source: "hookwire:\(channel)/\(Self.path(of: event.platform))",
            type: Self.type(of: event)
        )
        attributes.add("time", milliseconds: event.receivedAt)
        attributes.add("datacontenttype", contentType)
        attributes.add("platform", event.platform)
        attributes.add("position", entry.position.description)
        attributes.add("attempt", Int32(clamping: attempt))
        if let trace = event.trace ?? EventTrace(headers) {
            attributes.add("traceparent", trace.context.description)
            attributes.add("tracestate", trace.state.text)
        }
        if let replay = event.replay { attributes.add("replayof", replay.position.description) }
        let offer = offersReply ? event.reply : nil
        if let reply = offer {
            attributes.add("replytoken", reply.token.description)
            attributes.add("replydeadline", milliseconds: reply.deadline)
        }
        let messages = event.messages
        if let message = messages.first {
            var isExact = attributes.add("text", message.text)
            isExact = attributes.add("sender", message.sender) && isExact
            isExact = attributes.add("conversation", message.conversation) && isExact
            if messages.count > 1 || !isExact {
                attributes.add("messages", json: Self.json(of: messages))
            }
        }
        attributes.add("method", event.method.rawValue)
        attributes.add("path", event.pathSuffix)
        attributes.add("query", event.query)
        attributes.add("headers", json: Self.json(of: headers))
        self.position = entry.position
        self.reply = offer
        self.attributes = attributes.json
        self.data = data
    }

    // MARK: Bytes

    /// How many bytes it has.
    var length: Int {
        let data =
            switch self.data {
            case .none: 0
            case .json(let body): Self.jsonName.utf8.count + body.readableBytes
            case .base64(let text): Self.base64Name.utf8.count + text.utf8.count + 1
            }
        return self.attributes.count + data + 1
    }

    /// Appends its JSON. The only line breaks are those within a JSON body.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeBytes(self.attributes)
        switch self.data {
        case .none:
            break
        case .json(let body):
            buffer.writeString(Self.jsonName)
            buffer.writeImmutableBuffer(body)
        case .base64(let text):
            buffer.writeString(Self.base64Name)
            buffer.writeString(text)
            buffer.writeStaticString("\"")
        }
        buffer.writeStaticString("}")
    }

    private static let jsonName = #","data":"#
    private static let base64Name = #","data_base64":""#

    // MARK: Parts

    /// The platform's id, the same across retries, or the position if it has none that is allowed here.
    private static func identity(of entry: LogEntry) -> String {
        guard let id = entry.event.id, !id.isEmpty, CloudEventText(id).isExact else {
            return entry.position.description
        }
        return id
    }

    private static func type(of event: Event) -> String {
        guard let type = event.type, !type.isEmpty else { return "webhook" }
        return type.hasPrefix(self.reservedTypes) ? "webhook.\(type)" : type
    }

    /// A platform's name as part of a URI (RFC 3986, section 2.3).
    private static func path(of platform: String) -> String {
        String(
            decoding: platform.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"), UInt8(ascii: "~"):
                    [byte]
                default:
                    Array("%\(Hex.encode([byte]).uppercased())".utf8)
                }
            },
            as: UTF8.self
        )
    }

    /// A JSON body is `data` if its media type is JSON or missing, and if it is an object or array whatever the type:
    /// platforms send JSON as text. A number in a text body stays text, so that a bot always finds the same kind of
    /// value.
    private static func data(of event: Event, contentType: String?) -> (Data, contentType: String?) {
        guard event.body.readableBytes > 0 else { return (.none, nil) }
        let declared = contentType.flatMap { MediaType($0) }
        if event.bodyIsUTF8, let kind = JSONText.kind(of: event.body),
            kind == .container || declared.map(\.isJSON) ?? (contentType == nil)
        {
            return (.json(event.body), declared.flatMap { $0.isJSON ? $0.text : nil } ?? "application/json")
        }
        let base64 = event.body.withUnsafeReadableBytes { Base64.encode($0) }
        // A body that is not JSON must not be labelled as JSON.
        return (.base64(base64), declared.flatMap { $0.isJSON ? nil : $0.text } ?? "application/octet-stream")
    }

    private static func json(of headers: HTTPHeaders) -> [UInt8] {
        var json = [UInt8(ascii: "[")]
        for (name, value) in headers {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json.append(UInt8(ascii: "["))
            CloudEventJSON.append(name, to: &json)
            json.append(UInt8(ascii: ","))
            CloudEventJSON.append(value, to: &json)
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "]"))
        return json
    }

    private static func json(of messages: [ChatMessage]) -> [UInt8] {
        var json = [UInt8(ascii: "[")]
        for message in messages {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, text) in [
                ("text", message.text), ("sender", message.sender), ("conversation", message.conversation),
            ] {
                guard let text else { continue }
                if !isFirst { json.append(UInt8(ascii: ",")) }
                isFirst = false
                CloudEventJSON.append(name, to: &json)
                json.append(UInt8(ascii: ":"))
                CloudEventJSON.append(text, to: &json)
            }
            json.append(UInt8(ascii: "}"))
        }
        json.append(UInt8(ascii: "]"))
        return json
    }
}
