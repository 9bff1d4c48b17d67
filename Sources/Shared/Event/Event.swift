// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// One webhook request that was accepted, with its bytes untouched.
///
/// A value: it is made once by the ingress node that verified the request and is never changed afterwards. Its parts
/// are shared by all copies, since an event is passed on some ten times.
public struct Event: Sendable {
    /// The platform's name in routes, metrics and envelopes: `qq`, `wechat` ….
    public var platform: String { self.shared.parts.platform }
    /// The platform's id for the event, the same across retries, if it has one.
    public var id: String? { self.shared.parts.id }
    /// The platform's event type, for instance `GROUP_AT_MESSAGE_CREATE`, if known.
    public var type: String? { self.shared.parts.type }
    /// When the request had arrived, in milliseconds since 1970-01-01T00:00:00Z by the ingress node's clock.
    public var receivedAt: Int64 { self.shared.parts.receivedAt }
    /// The request's method.
    public var method: HTTPMethod { self.shared.parts.method }
    /// The part of the request's path after the webhook's own route: empty, or beginning with a slash.
    public var pathSuffix: String { self.shared.parts.pathSuffix }
    /// The request's query without the relay's own parameters (credentials never travel), as it was encoded.
    public var query: String { self.shared.parts.query }
    /// The request's header fields, in order and with repeats, without those that carry credentials.
    ///
    /// For an event decoded from the wire they are parsed on each access: keep the result.
    public var headers: HTTPHeaders { self.shared.parts.fields.headers }
    /// The request's body, byte for byte.
    public var body: ByteBuffer { self.shared.parts.body }
    /// Whether `body` is UTF-8 throughout, so that it can travel in a text frame. Computed once, where the event is made.
    public var bodyIsUTF8: Bool { self.shared.parts.bodyIsUTF8 }

    /// The messages of a chat event of a known platform; an envelope shows the first as `text`, `sender` and
    /// `conversation`.
    ///
    /// For QQ events they are parsed from the body on each access: keep the result.
    public var messages: [ChatMessage] {
        self.carriedMessages.isEmpty && self.platform == "qq" ? QQMessage.messages(in: self.body) : self.carriedMessages
    }
    /// How to reply, if a request waits for it.
    public var reply: ReplyOffer? { self.shared.parts.reply }

    /// What it repeats and for whom, if it is a replay.
    public var replay: EventReplay? { self.shared.parts.replay }

    /// The trace that it belongs to, if a node records it. The request's own trace fields are in `headers` as well.
    public var trace: EventTrace? { self.shared.parts.trace }

    /// Whether it is a replay.
    public var isReplay: Bool { self.shared.parts.replay != nil }

    /// The messages carried in the encoding; QQ's are not.
    var carriedMessages: [ChatMessage] { self.shared.parts.messages }
    /// The storage of `headers`.
    var fields: EventFields { self.shared.parts.fields }

    /// What an event consists of.
    struct Parts: Sendable {
        var receivedAt: Int64
        var platform: String
        var id: String?
        var type: String?
        var method: HTTPMethod
        var pathSuffix: String
        var query: String
        var messages: [ChatMessage] = []
        var reply: ReplyOffer?
        var replay: EventReplay?
        var trace: EventTrace?
        var fields: EventFields
        var body: ByteBuffer
        var bodyIsUTF8: Bool
    }

    /// What all copies share.
    private final class Shared: Sendable {
        let parts: Parts

        init(_ parts: Parts) {
            self.parts = parts
        }
    }

    private let shared: Shared

    /// An event of the given parts. `body` is held as it is, without a copy.
    public init(
        platform: String,
        id: String? = nil,
        type: String? = nil,
        receivedAt: Int64,
        method: HTTPMethod = .POST,
        pathSuffix: String = "",
        query: String = "",
        headers: HTTPHeaders = HTTPHeaders(),
        body: ByteBuffer,
        bodyIsUTF8: Bool,
        messages: [ChatMessage] = [],
        reply: ReplyOffer? = nil
    ) {
        self.init(
            Parts(
                receivedAt: receivedAt,
                platform: platform,
                id: id,
                type: type,
                method: method,
                pathSuffix: pathSuffix,
                query: query,
                messages: messages,
                reply: reply,
                fields: EventFields(headers),
                body: body,
                bodyIsUTF8: bodyIsUTF8
            )
        )
    }

    /// Creates an event from a request: its method, its query and header fields without credentials, and its body.
    ///
    /// - Parameter credentials: the names of the query parameters that are credentials.
    public init(
        platform: String,
        id: String? = nil,
        type: String? = nil,
        receivedAt: Int64,
        pathSuffix: String = "",
        request: HTTPRequest,
        withholding credentials: [String],
        bodyIsUTF8: Bool
    ) {
        self.init(
            Parts(
                receivedAt: receivedAt,
                platform: platform,
                id: id,
                type: type,
                method: request.method,
                pathSuffix: pathSuffix,
                query: request.query.removing(credentials),
                fields: EventFields(request.fields.withoutCredentials(of: request.query, named: credentials)),
                body: request.body,
                bodyIsUTF8: bodyIsUTF8
            )
        )
    }

    /// An event of the given parts, with fields that may still be bytes.
    init(_ parts: Parts) {
        self.shared = Shared(parts)
    }

    /// The same event with another body.
    public func with(body: ByteBuffer) -> Event {
        var parts = self.shared.parts
        parts.body = body
        return Event(parts)
    }

    /// The same event with an offer to answer it.
    public func with(reply: ReplyOffer) -> Event {
        var parts = self.shared.parts
        parts.reply = reply
        return Event(parts)
    }

    /// The same event at a later point of its trace.
    public func with(trace: EventTrace) -> Event {
        var parts = self.shared.parts
        parts.trace = trace
        return Event(parts)
    }

    /// The same event, to be replayed. No request waits for a reply to it.
    ///
    /// - Parameters:
    ///   - body: a replacement body, and whether it is UTF-8; its messages are unknown then, except for QQ.
    ///   - type: the event's type with that body.
    public func replayed(
        _ replay: EventReplay,
        body: (bytes: ByteBuffer, isUTF8: Bool)? = nil,
        type: String? = nil
    ) -> Event {
        var parts = self.shared.parts
        parts.replay = replay
        parts.reply = nil
        if let body {
            parts.type = type
            parts.body = body.bytes
            parts.bodyIsUTF8 = body.isUTF8
            parts.messages = []
        }
        return Event(parts)
    }

    /// Whether it is addressed to a consumer or group.
    public func isFor(_ consumer: ConsumerName?) -> Bool {
        guard let addressee = self.shared.parts.replay?.consumer else { return true }
        return addressee == consumer
    }

    /// The event for retention: a body that is a small part of its receive buffer is copied, together with the fields
    /// in that buffer, so that a log does not keep the receive buffers of a thousand connections alive.
    public func compacted() -> Event {
        let lines = self.fields.lines
        let wanted = self.body.readableBytes + (lines?.byteCount ?? 0)
        guard self.body.keepsMuchMore(than: wanted) else { return self }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(wanted)
        var parts = self.shared.parts
        if let lines {
            bytes.writeImmutableBuffer(lines.bytes)
            parts.fields = EventFields(lines.moved(to: bytes))
            bytes.moveReaderIndex(forwardBy: lines.byteCount)
        }
        bytes.writeImmutableBuffer(self.body)
        parts.body = bytes
        return Event(parts)
    }

    /// The estimated memory of the event's parts, in bytes.
    var memory: Int {
        let parts = self.shared.parts
        let said = parts.messages.reduce(0) { memory, message in
            [message.text, message.sender, message.conversation].reduce(memory + 64) { $0 + ($1?.utf8.count ?? 0) }
        }
        return said + parts.body.storageCapacity + parts.fields.memory + parts.platform.utf8.count
            + parts.query.utf8.count
            + (parts.trace.map { 64 + $0.state.text.utf8.count } ?? 0) + parts.pathSuffix.utf8.count
            + (parts.id?.utf8.count ?? 0) + (parts.type?.utf8.count ?? 0)
    }
}
