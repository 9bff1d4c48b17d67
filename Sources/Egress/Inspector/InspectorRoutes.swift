// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The inspector page's own endpoints, beside those of every client. Confined to one event loop.
///
/// | route | |
/// |---|---|
/// | `GET /inspector/counts` | how much this node does; public |
/// | `GET /inspector/bodies/{position}` | the exact bytes of a retained event's body |
/// | `POST /inspector/test-event` | publishes a sample message: `{"text":…}` |
struct InspectorRoutes {
    /// Why a request is refused. The raw value is the problem's reason.
    private enum Mistake: String {
        case badTestEvent = "bad_test_event"
    }

    private static let members = JSONMemberNames("text")
    /// The most bytes of a test event's text.
    private static let textLimit = 8 << 10

    let tally: EgressTally
    let hub: Hub
    let broker: any Broker
    let authenticator: ClientAuthenticator
    let eventLoop: any EventLoop
    /// In milliseconds since 1970.
    let now: @Sendable () -> Int64

    func addRoutes(to router: inout Router) {
        PageRoutes.addRoutes(to: &router)
        router.on(.GET, "/inspector/counts") { _ in .response(self.counts()) }
        router.on(.GET, "/inspector/bodies/{position}") { self.body($0) }
        router.on(.POST, "/inspector/test-event") { self.sendTestEvent($0) }
    }

    private func counts() -> HTTPResponse {
        var json = JSONObjectWriter()
        json.member("sockets", self.tally.sockets)
        json.member("events_delivered", self.tally.events)
        json.member("bots_connected", self.hub.occupiedFeedCount)
        return HTTPResponse.json(ByteBuffer(bytes: json.finish())).uncached
    }

    // MARK: Bodies

    private func body(_ request: HTTPRequest) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.authenticator.admit(request, for: .replay)
        } catch {
            return .refused(error)
        }
        guard let position = request.parameters["position"].flatMap({ Position($0) }) else {
            return .response(RetainedEvent.Missing.badPosition.problem.response)
        }
        return .eventually(
            RetainedEvent.find(position, on: visitor.channel, broker: self.broker, eventLoop: self.eventLoop)
                .map { event in
                    // Content from a platform must never be rendered as a page of the relay's origin.
                    let headers = [
                        ("Content-Type", "application/octet-stream"), ("X-Content-Type-Options", "nosniff"),
                        ("Content-Disposition", "attachment"), ("Cache-Control", "no-store"),
                    ]
                    return .response(HTTPResponse(status: .ok, headers: headers, body: event.body))
                }
                .recover { .response(RetainedEvent.problem(of: $0).response) }
        )
    }

    // MARK: Test events

    private func sendTestEvent(_ request: HTTPRequest) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.authenticator.admit(request, for: .admin)
        } catch {
            return .refused(error)
        }
        guard let text = Self.text(in: request.body), text.utf8.count <= Self.textLimit,
            let event = try? TestEvent.make(secret: visitor.secret, text: text, now: self.now())
        else {
            return .response(
                Problem(
                    .badRequest,
                    reason: Mistake.badTestEvent,
                    detail: "A test event is a JSON object with a \"text\" of up to \(Self.textLimit) bytes."
                ).response
            )
        }
        return .eventually(
            self.broker.publish(
                event,
                to: visitor.channel,
                key: nil,
                retention: visitor.retention,
                on: self.eventLoop
            ).future(on: self.eventLoop)
                .map { publication in .response(ReplayRoutes.answer(publication)) }
                .recover { .response(RetainedEvent.problem(of: $0).response) }
        )
    }

    private static func text(in body: ByteBuffer) -> String? {
        body.withUnsafeReadableBytes { bytes in
            (try? JSONObjectView(validating: bytes, members: self.members))?["text"]?.string
        }
    }
}
