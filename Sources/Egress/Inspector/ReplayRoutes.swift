// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `POST /replay`: publishes a retained event again, unchanged or with another body, as the newest event. Confined to
/// one event loop.
struct ReplayRoutes {
    private static let memberNames = ["position", "body", "body_base64", "consumer"]
    private static let members = JSONMemberNames(Self.memberNames)
    private static let typeMember = JSONMemberNames("t")

    let broker: any Broker
    let authenticator: ClientAuthenticator
    let eventLoop: any EventLoop

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/replay") { self.respond(to: $0) }
    }

    private func respond(to request: HTTPRequest) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.authenticator.admit(request, for: .replay)
        } catch {
            return .refused(error)
        }
        let order: Order
        do throws(ReplayMistake) {
            order = try Self.order(in: request.body)
        } catch {
            return .response(error.problem.response)
        }
        let (channel, retention) = (visitor.channel, visitor.retention)
        let (broker, eventLoop) = (self.broker, self.eventLoop)
        return .eventually(
            RetainedEvent.find(order.position, on: channel, broker: broker, eventLoop: eventLoop).flatMap { event in
                // Without its key, which would make it a duplicate of itself.
                broker.publish(
                    order.replay(of: event),
                    to: channel,
                    key: nil,
                    retention: retention,
                    on: eventLoop
                ).future(on: eventLoop)
            }
            .map { .response(Self.answer($0)) }
            .recover { error in
                let isTooLarge = (error as? BrokerError) == .eventTooLarge
                let problem = isTooLarge ? ReplayMistake.tooLarge.problem : RetainedEvent.problem(of: error)
                return .response(problem.response)
            }
        )
    }

    /// The response once an event is published: its position.
    static func answer(_ publication: Publication) -> HTTPResponse {
        var json = JSONObjectWriter()
        if case .stored(let position, feeds: _) = publication { json.member("position", position.description) }
        return .json(ByteBuffer(bytes: json.finish()))
    }

    // MARK: What is asked

    private struct Order: Sendable {
        var position: Position
        /// The replacement body, if edited.
        var body: ByteBuffer?
        var consumer: ConsumerName?

        func replay(of event: Event) -> Event {
            let replay = EventReplay(of: self.position, consumer: self.consumer)
            guard let body else { return event.replayed(replay) }
            return event.replayed(replay, body: (body, UTF8Validation.isValid(body)), type: self.type(of: event))
        }

        /// QQ's event type is in the body, and filters use it; other platforms' events keep their type.
        private func type(of event: Event) -> String? {
            guard event.platform == "qq", let body else { return event.type }
            return body.withUnsafeReadableBytes {
                (try? JSONObjectView(validating: $0, members: ReplayRoutes.typeMember))?["t"]?.string
            }
        }
    }

    private static func order(in body: ByteBuffer) throws(ReplayMistake) -> Order {
        let result = body.withUnsafeReadableBytes { bytes -> Result<Order, ReplayMistake> in
            // Bytes that are not UTF-8 would be published altered.
            guard UTF8Validation.isValid(body), let value = try? JSONValue(validating: bytes),
                let view = try? value.object(members: self.members)
            else { return .failure(.malformedJSON) }
            return Result { () throws(ReplayMistake) in
                // A misspelt `consumer` would send it to all.
                var isKnown = true
                value.forEachMember { name, _ in
                    isKnown = self.memberNames.contains(name)
                    return isKnown
                }
                guard isKnown else { throw .unknownMember }
                return try self.order(view)
            }
        }
        return try result.get()
    }

    private static func order(_ object: JSONObjectView) throws(ReplayMistake) -> Order {
        guard let position = object["position"]?.string.flatMap({ Position($0) }) else { throw .badPosition }
        var order = Order(position: position)
        switch (object["body"], object["body_base64"]) {
        case (nil, nil): break
        case (let text?, nil):
            guard let string = text.string else { throw .badBody }
            guard !text.hasLoneSurrogate else { throw .loneSurrogate }
            order.body = ByteBuffer(string: string)
        case (nil, let base64?):
            guard let bytes = base64.string.flatMap({ Base64.decode($0) }) else { throw .badBody }
            order.body = ByteBuffer(bytes: bytes)
        case (_?, _?): throw .badBody
        }
        if let name = object["consumer"] {
            guard let consumer = name.string.flatMap({ ConsumerName($0) }) else { throw .badConsumer }
            order.consumer = consumer
        }
        return order
    }
}

/// Why a replay is refused.
enum ReplayMistake: String, Error {
    case malformedJSON = "malformed_json"
    case badPosition = "bad_position"
    case unknownMember = "unknown_member"
    case badBody = "bad_body"
    case loneSurrogate = "lone_surrogate"
    case badConsumer = "bad_consumer"
    case tooLarge = "event_too_large"

    /// The response for the refusal.
    var problem: Problem {
        switch self {
        case .malformedJSON:
            Problem(
                .badRequest,
                reason: self,
                detail: "The body is no JSON object such as {\"position\":\"9f2c61d07a55e013-42\"}."
            )
        case .badPosition: RetainedEvent.Missing.badPosition.problem
        case .unknownMember:
            Problem(
                .badRequest,
                reason: self,
                detail: "There are \"position\", \"body\" or \"body_base64\", and \"consumer\", and no other members."
            )
        case .loneSurrogate:
            Problem(
                .badRequest,
                reason: self,
                detail:
                    "\"body\" has half of a surrogate pair, which is no character; send its bytes as \"body_base64\"."
            )
        case .badBody:
            Problem(
                .badRequest,
                reason: self,
                detail: "\"body\" is a string, or \"body_base64\" is one in its place."
            )
        case .badConsumer:
            Problem(
                .badRequest,
                reason: self,
                detail: "\"consumer\" takes a name of 1 to 64 letters, digits, '.', '_' and '-'."
            )
        case .tooLarge:
            Problem(.payloadTooLarge, reason: self, detail: "The event is larger than the store takes.")
        }
    }
}
