// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// One webhook request that was accepted, with its bytes untouched.
///
/// A value: it is made once by the ingress node that verified the request and is never changed afterwards. Its parts
/// are shared by all copies, since an event changes hands some ten times on its way.
public struct Event: Sendable {
    /// How the platform is called in routes, metrics and envelopes: `qq`, `wechat` ….
    public var platform: String { self.shared.parts.platform }
    /// The platform's own name for the event, the same over its retries, where it has one.
    public var id: String? { self.shared.parts.id }
    /// What happened, in the platform's words, for instance `GROUP_AT_MESSAGE_CREATE`, where it says so.
    public var type: String? { self.shared.parts.type }
    /// When the request had arrived, in milliseconds since 1970-01-01T00:00:00Z by the ingress node's clock.
    public var receivedAt: Int64 { self.shared.parts.receivedAt }
    /// The request's method.
    public var method: HTTPMethod { self.shared.parts.method }
    /// The part of the request's path behind the webhook's own route: empty, or beginning with a slash.
    public var pathSuffix: String { self.shared.parts.pathSuffix }
    /// The request's query without the relay's own parameters (credentials never travel), as it was encoded.
    public var query: String { self.shared.parts.query }
    /// The request's header fields, in order and with repeats, less those that carry credentials.
    ///
    /// Of an event that came over the wire they are parsed each time they are asked for: keep the result.
    public var headers: HTTPHeaders { self.shared.parts.fields.headers }
    /// The request's body, byte for byte.
    public var body: ByteBuffer { self.shared.parts.body }
    /// Whether `body` is UTF-8 throughout, so that it can travel in a text frame. Computed once, where the event is made.
    public var bodyIsUTF8: Bool { self.shared.parts.bodyIsUTF8 }

    /// What was said, where the platform is known and somebody said something; the first is what an envelope shows as
    /// `text`, `sender` and `conversation`.
    ///
    /// Of QQ's events they are read from the body each time they are asked for: keep the result.
    public var messages: [ChatMessage] {
        self.carriedMessages.isEmpty && self.platform == "qq" ? QQMessage.messages(in: self.body) : self.carriedMessages
    }
    /// How to answer, where a request waits for that.
    public var reply: ReplyOffer? { self.shared.parts.reply }

    /// What it repeats and for whom, where somebody had it published again.
    public var replay: EventReplay? { self.shared.parts.replay }

    /// The trace that it belongs to, where a node records that. What the request itself brought stands in `headers` as well.
    public var trace: EventTrace? { self.shared.parts.trace }

    /// Whether somebody had it published again.
    public var isReplay: Bool { self.shared.parts.replay != nil }

    /// The messages that travel with the event; those of QQ's do not.
    var carriedMessages: [ChatMessage] { self.shared.parts.messages }
    /// What `headers` reads.
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

    /// The event that a request is: its method, its query and its header fields less what is a credential, and its body.
    ///
    /// - Parameter credentials: the parameters of the query that are.
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

    /// The same event further on in its trace.
    public func with(trace: EventTrace) -> Event {
        var parts = self.shared.parts
        parts.trace = trace
        return Event(parts)
    }

    /// The same event to be published again. Nobody waits for a reply to it.
    ///
    /// - Parameters:
    ///   - body: another body, and whether it is UTF-8; what was said is then not known any more, but for QQ's.
    ///   - type: what the event is with that body.
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

    /// Whether a consumer, or a group, is to have it.
    public func isFor(_ consumer: ConsumerName?) -> Bool {
        guard let addressee = self.shared.parts.replay?.consumer else { return true }
        return addressee == consumer
    }

    /// The event to retain: a body that is a small part of the buffer that it was received in gets a buffer of its own,
    /// with the fields that stand in it, so that a log holds its events and not the receive buffers of a thousand
    /// connections.
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

    /// How many bytes the event's parts take, as far as they can be counted.
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
