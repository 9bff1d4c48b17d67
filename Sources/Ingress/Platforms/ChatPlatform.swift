// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A platform that processes a request in steps: handshake, verification, description.
protocol ChatPlatform: Platform {
    /// Why a request is refused.
    associatedtype Rejection: PlatformRejection
    /// A verified request of the platform.
    associatedtype Verified: VerifiedRequest

    /// The parameters of the webhook's URL that are credentials, the relay's own, or a signature: they are not part of
    /// the event.
    static var ownParameters: [String] { get }
    /// The response to a stored event; if the platform accepts a reply, the fallback without one.
    static var acknowledgement: HTTPResponse { get }
    /// The clock for a request's arrival time.
    var clock: Clock { get }

    /// The response to the platform's check of the URL; nil if the request is not one.
    func handshake(_ request: HTTPRequest, _ settings: WebhookSettings) throws(Rejection) -> HTTPResponse?

    /// Verifies that a request was sent by the platform.
    func verify(_ request: HTTPRequest, _ settings: WebhookSettings) throws(Rejection) -> Verified

    /// Describes a verified request.
    func describe(_ verified: Verified, of request: HTTPRequest) throws(Rejection) -> EventDescription
}

/// The result of verifying a request.
protocol VerifiedRequest {
    /// The secret that proves it; the channel of a bot that is not registered follows from it.
    var secret: Secret { get }
    /// The body of the event: the request's, or what was encrypted in it.
    var body: ByteBuffer { get }
    /// The header fields that carry credentials, besides `Authorization`, in any case. They are not part of the event.
    var credentialFields: [String] { get }
}

extension ChatPlatform {
    func receive(_ request: HTTPRequest, _ settings: WebhookSettings) -> Verdict {
        do throws(Rejection) {
            if let answer = try self.handshake(request, settings) { return .answer(answer) }
            let verified = try self.verify(request, settings)
            let description = try self.describe(verified, of: request)
            return .publish(self.publishing(verified, description, request, settings))
        } catch {
            return .refuse(error.problem)
        }
    }

    func handshake(_ request: HTTPRequest, _ settings: WebhookSettings) throws(Rejection) -> HTTPResponse? {
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
        _ settings: WebhookSettings
    ) -> Publishing {
        // Beside a registered bot's secret it is one of our tokens; otherwise it may be the sender's own parameter.
        let ownParameters = Self.ownParameters + (settings.isRegistered ? ["token"] : [])
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
            channel: settings.channel(of: verified.secret),
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
