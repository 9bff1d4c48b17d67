// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A platform that takes a request in steps: handshake, verification, description.
protocol ChatPlatform: Platform {
    /// Why a request is refused.
    associatedtype Rejection: PlatformRejection
    /// A request that the platform has sent.
    associatedtype Verified: VerifiedRequest

    /// The parameters of the webhook's URL that are credentials, the relay's own, or signature: they never travel.
    static var ownParameters: [String] { get }
    /// The answer to an event that is stored; where the platform takes a reply, the fallback without one.
    static var acknowledgement: HTTPResponse { get }
    /// What says when a request came.
    var clock: Clock { get }

    /// The answer to a request by which the platform checks the URL; nil where it is none.
    func handshake(_ request: HTTPRequest, _ agreement: Agreement) throws(Rejection) -> HTTPResponse?

    /// Checks that the platform has sent a request.
    func verify(_ request: HTTPRequest, _ agreement: Agreement) throws(Rejection) -> Verified

    /// What a request says, once it is known who has sent it.
    func describe(_ verified: Verified, of request: HTTPRequest) throws(Rejection) -> EventDescription
}

/// What is known of a request once it is verified.
protocol VerifiedRequest {
    /// The secret that proves it; the channel of a bot that is not registered follows from it.
    var secret: Secret { get }
    /// The body of the event: the request's, or what was encrypted in it.
    var body: ByteBuffer { get }
    /// The header fields that carry credentials, beside `Authorization`, in any case. They do not travel.
    var credentialFields: [String] { get }
}

extension ChatPlatform {
    func receive(_ request: HTTPRequest, _ agreement: Agreement) -> Verdict {
        do throws(Rejection) {
            if let answer = try self.handshake(request, agreement) { return .answer(answer) }
            let verified = try self.verify(request, agreement)
            let description = try self.describe(verified, of: request)
            return .publish(self.publishing(verified, description, request, agreement))
        } catch {
            return .refuse(error.problem)
        }
    }

    func handshake(_ request: HTTPRequest, _ agreement: Agreement) throws(Rejection) -> HTTPResponse? {
        nil
    }

    func retryLater(_ reason: BrokerError) -> HTTPResponse {
        Problem(
            .serviceUnavailable,
            reason: reason,
            detail: "The relay cannot store the event now. Send it again.",
            headers: [("Retry-After", "1")]
        ).response
    }

    private func publishing(
        _ verified: Verified,
        _ description: EventDescription,
        _ request: HTTPRequest,
        _ agreement: Agreement
    ) -> Publishing {
        // Beside a registered bot's secret it is a token of ours; otherwise it may be the sender's own.
        let ownParameters = Self.ownParameters + (agreement.isRegistered ? ["token"] : [])
        let credentials = CredentialParameters.names.filter { ownParameters.contains($0) }
        let fields = request.fields.withoutCredentials(of: request.query, named: credentials)
        let event = Event(
            platform: Self.name,
            id: EventDescription.bounded(id: description.id),
            type: EventDescription.bounded(type: description.type),
            receivedAt: self.clock.wallMilliseconds(),
            method: request.method,
            query: request.query.removing(ownParameters),
            headers: fields.headers.removing(verified.credentialFields),
            body: verified.body,
            bodyIsUTF8: UTF8Validation.isValid(verified.body),
            messages: description.messages
        )
        return Publishing(
            event: event,
            channel: agreement.channel(of: verified.secret),
            key: description.key,
            acknowledgement: Self.acknowledgement,
            reply: description.reply
        )
    }
}

extension HTTPHeaders {
    /// The fields without those of the given names, in any case.
    fileprivate func removing(_ names: [String]) -> HTTPHeaders {
        var kept = self
        for name in names {
            kept.remove(name: name)
        }
        return kept
    }
}
