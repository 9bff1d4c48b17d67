// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Lists, replays and deletes the dead letters of a bot's groups, for the bot's author. Confined to one event loop.
///
/// | route | |
/// |---|---|
/// | `GET /dead-letters?secret=S[&after=N]` | a page of them, oldest first |
/// | `POST /dead-letters/{number}/replay?secret=S` | publishes the event again, behind all others, and forgets the dead letter |
/// | `DELETE /dead-letters/{number}?secret=S` | forgets it |
struct DeadLetterRoutes {
    /// The most dead letters of a page.
    private static let pageLimit = 16

    let broker: any Broker
    let authenticator: ClientAuthenticator
    let eventLoop: any EventLoop

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/dead-letters") { request in
            self.respond(to: request) { self.list(request.query, of: $0.channel) }
        }
        router.on(.POST, "/dead-letters/{number}/replay") { request in
            self.respond(to: request) { self.replay(Self.number(in: request), for: $0) }
        }
        router.on(.DELETE, "/dead-letters/{number}") { request in
            self.respond(to: request) { self.drop(Self.number(in: request), of: $0.channel) }
        }
    }

    /// Authenticates the request, and turns failures into responses.
    private func respond(
        to request: HTTPRequest,
        _ answer: (Visitor) -> EventLoopFuture<HTTPReply>
    ) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.authenticator.admit(request, for: .replay)
        } catch {
            return .refused(error)
        }
        return .eventually(
            answer(visitor).recover { error in
                .response(Self.problem(of: error).response)
            }
        )
    }

    /// The problem for a failed operation on dead letters.
    static func problem(of error: any Error) -> Problem {
        if let refusal = error as? DeadLetterRefusal { return refusal.problem }
        let isTooLarge = (error as? BrokerError) == .eventTooLarge
        return isTooLarge ? ReplayMistake.tooLarge.problem : SocketRefusal.brokerUnavailable.problem
    }

    /// The number in the path; 0, which no dead letter has, if it is not a number.
    private static func number(in request: HTTPRequest) -> UInt64 {
        request.parameters["number"].flatMap { UInt64($0) } ?? 0
    }

    // MARK: What is asked

    private func list(_ query: QueryParameters, of channel: ChannelID) -> EventLoopFuture<HTTPReply> {
        guard let after = UInt64(query["after"] ?? "0") else {
            return self.eventLoop.makeFailedFuture(DeadLetterRefusal.badNumber)
        }
        return self.broker.deadLetters(
            of: channel,
            after: after,
            limit: Self.pageLimit,
            eventLoop: self.eventLoop
        ).map { letters in
            // User content must not be cached.
            .response(HTTPResponse.json(ByteBuffer(bytes: DeadLetterPage.json(letters))).uncached)
        }
    }

    private func replay(_ number: UInt64, for visitor: Visitor) -> EventLoopFuture<HTTPReply> {
        let (broker, eventLoop) = (self.broker, self.eventLoop)
        let (channel, retention) = (visitor.channel, visitor.retention)
        return self.find(number, of: channel).flatMap { letter in
            // Without its key, which would make it a duplicate of itself.
            let event = letter.entry.event.replayed(EventReplay(of: letter.entry.position))
            return broker.publish(event, to: channel, key: nil, retention: retention, on: eventLoop)
                .future(on: eventLoop)
        }.flatMap { publication in
            // Deleted after the publication: if this fails, the event is delivered twice rather than never.
            broker.dropDeadLetter(number, of: channel, eventLoop: eventLoop).map { _ in
                var json = JSONObjectWriter()
                if case .stored(let position, feeds: _) = publication {
                    json.member("position", position.description)
                }
                return .response(.json(ByteBuffer(bytes: json.finish())))
            }
        }
    }

    private func drop(_ number: UInt64, of channel: ChannelID) -> EventLoopFuture<HTTPReply> {
        self.broker.dropDeadLetter(number, of: channel, eventLoop: self.eventLoop).flatMapThrowing { wasThere in
            guard wasThere else { throw DeadLetterRefusal.notFound }
            return .response(HTTPResponse(status: .noContent))
        }
    }

    private func find(_ number: UInt64, of channel: ChannelID) -> EventLoopFuture<DeadLetter> {
        self.broker.deadLetters(of: channel, after: max(number, 1) - 1, limit: 1, eventLoop: self.eventLoop)
            .flatMapThrowing { letters in
                guard let letter = letters.first, letter.number == number else { throw DeadLetterRefusal.notFound }
                return letter
            }
    }
}

/// Why an operation on dead letters is refused.
enum DeadLetterRefusal: String, Error {
    case notFound = "no_such_dead_letter"
    case badNumber = "bad_number"

    /// The response for the refusal.
    var problem: Problem {
        switch self {
        case .notFound:
            Problem(
                .notFound,
                reason: self,
                detail: "There is no dead letter of this number; it was replayed, dropped or let go of meanwhile."
            )
        case .badNumber:
            Problem(.badRequest, reason: self, detail: "after= takes the number of a dead letter, or 0.")
        }
    }
}
