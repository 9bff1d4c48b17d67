// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `POST /reply/{token}`: a reply over HTTP. Belongs to one event loop.
///
/// The media type determines the format: `application/json` is the object that bots also send on the envelope socket
/// (`ReplyObject`), and anything else is the response itself, with that type. The token is the credential.
struct ReplyRoutes {
    private static let members = JSONMemberNames(ReplyObject.members)

    let broker: any Broker
    let metrics: ReplyMetrics
    /// Nil where no traces are recorded.
    var tracing: EgressTracing?
    let eventLoop: any EventLoop

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/reply/{token}") { self.respond(to: $0) }
    }

    private func respond(to request: HTTPRequest) -> HTTPReply {
        guard let token = request.parameters["token"].flatMap({ ReplyToken($0) }) else {
            // No node issued it. An expired token is a slow bot's, not a guess: 128 bits cannot be guessed.
            var answer = self.answer(.unknown)
            answer.failure = CredentialFailure(for: nil)
            return .response(answer)
        }
        let reply: Reply
        do throws(ReplyRefusal) {
            reply = try Self.reply(in: request)
        } catch {
            return .response(error.problem.response)
        }
        let trace = self.tracing?.reply(to: token, below: EventTrace(request.fields)?.context, by: .http)
        return .eventually(
            self.broker.reply(reply, to: token, on: self.eventLoop).map { .success($0) }
                .recover { .failure($0) }
                .map { (result: Result<ReplyOutcome, any Error>) in
                    let verdict = ReplyVerdict(result)
                    trace?.ended(verdict)
                    return .response(self.answer(verdict))
                }
        )
    }

    private func answer(_ verdict: ReplyVerdict) -> HTTPResponse {
        self.metrics.replied(verdict, by: .http)
        guard verdict == .accepted else {
            let retry = verdict.status == .serviceUnavailable ? [("Retry-After", "1")] : []
            return Problem(
                verdict.status,
                reason: verdict,
                detail: verdict.explanation,
                headers: retry
            ).response
        }
        var json = JSONObjectWriter()
        json.member("outcome", verdict.rawValue)
        return .json(ByteBuffer(bytes: json.finish()))
    }

    private static func reply(in request: HTTPRequest) throws(ReplyRefusal) -> Reply {
        guard case .value(let contentType) = request.headers.single("content-type"),
            let type = MediaType(contentType), type.essence != "application/x-www-form-urlencoded"
        else { throw .noMediaType }
        guard type.essence == "application/json" else {
            return .response(
                Reply.Response(
                    status: 200,
                    headers: [Reply.Field(name: "Content-Type", value: type.text)],
                    body: request.body
                )
            )
        }
        return try self.reply(json: request.body)
    }

    private static func reply(json body: ByteBuffer) throws(ReplyRefusal) -> Reply {
        let result = body.withUnsafeReadableBytes { bytes -> Result<Reply, ReplyRefusal> in
            let view: JSONObjectView
            do throws(JSONError) {
                view = try JSONObjectView(validating: bytes, members: Self.members)
            } catch {
                return .failure(.json(error))
            }
            do throws(ReplyMistake) {
                return .success(try ReplyObject(view).reply())
            } catch {
                return .failure(.mistake(error))
            }
        }
        return try result.get()
    }
}

/// Why a request is not a valid reply.
enum ReplyRefusal: Error {
    /// No media type, or that of a form, which some clients send by default.
    case noMediaType
    case json(JSONError)
    case mistake(ReplyMistake)

    /// The reasons of the refusals that have a problem of their own.
    private enum Reason: String {
        case noMediaType = "no_media_type"
        case malformedJSON = "malformed_json"
    }

    /// The answer that says so.
    var problem: Problem {
        switch self {
        case .noMediaType:
            Problem(
                .unsupportedMediaType,
                reason: Reason.noMediaType,
                detail:
                    "Say in Content-Type what this is: application/json for {\"text\": …}, or the media type of the "
                    + "response as the platform shall have it."
            )
        case .json(let error):
            Problem(.badRequest, reason: Reason.malformedJSON, detail: "The body is no JSON object: \(error).")
        case .mistake(let mistake):
            Problem(.unprocessableEntity, reason: mistake, detail: mistake.explanation)
        }
    }
}
