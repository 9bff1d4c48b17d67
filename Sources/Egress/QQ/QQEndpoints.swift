// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The endpoints that SDKs call before they connect, and a proxy for everything else. Any thread.
struct QQEndpoints: Sendable {
    let configuration: QQConfiguration
    /// Nil where there is no upstream.
    let platform: QQPlatform?
    let broker: any Broker
    let authenticator: ClientAuthenticator

    /// `POST /app/getAppAccessToken`: the platform's response; from then on every egress node knows the token's bot.
    func token(_ request: HTTPRequest, on eventLoop: any EventLoop) -> HTTPReply {
        self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            let secret = QQTokenExchange.secret(in: request.body)
            let grant: TokenGrant?
            do throws(AccessRefusal) {
                grant = try secret.map { secret throws(AccessRefusal) in
                    try self.authenticator.admit(bearer: secret.exposeText(), of: request, for: .receive).grant
                }
            } catch {
                return .refused(error)
            }
            guard let platform = self.platform else {
                guard let grant else { throw .badTokenRequest }
                let (token, answer) = QQTokenExchange.makeToken()
                try await self.remember(token, of: grant, on: eventLoop)
                return .response(.json(answer))
            }
            // The token's bot is unknown, and unregistered bots are not served.
            guard grant != nil || self.authenticator.access.mode == .open else { throw .badTokenRequest }
            // The response is parsed here too, so it must not be compressed.
            var headers = PassedFields.request(request.headers)
            headers.remove(name: "accept-encoding")
            let answer = try await platform.requestToken(headers: headers, body: request.body)
            let body = try await answer.body(upTo: QQTokenExchange.limit)
            if answer.status == .ok, let grant, let token = QQTokenExchange.token(in: body) {
                try await self.remember(token, of: grant, on: eventLoop)
            }
            return answer.reply(with: body)
        }
    }

    private func remember(
        _ token: QQTokenExchange.Token,
        of grant: TokenGrant,
        on eventLoop: any EventLoop
    ) async throws(QQRefusal) {
        do {
            try await self.broker.remember(
                grant,
                for: TokenDigest(of: token.value),
                lifetimeMilliseconds: token.lifetimeMilliseconds,
                on: eventLoop
            ).get()
        } catch {
            // A token that was not stored would only be refused later.
            throw .brokerUnavailable
        }
    }

    /// `GET /gateway` and `GET /gateway/bot`. An unknown token is refused here already, where an SDK requests another
    /// one; refused at the socket, some retry with it until it expires.
    func gateway(_ request: HTTPRequest, secret: String?, forBot: Bool, on eventLoop: any EventLoop) -> HTTPReply {
        if let secret {
            do throws(AccessRefusal) {
                _ = try self.authenticator.admit(bearer: secret, of: request, for: .receive)
            } catch {
                return .refused(error)
            }
        }
        guard secret == nil, let token = Self.token(of: request) else {
            return self.address(for: request, secret: secret, forBot: forBot)
        }
        return self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            _ = try await self.grant(for: token, of: request, on: eventLoop)
            return self.address(for: request, secret: nil, forBot: forBot)
        }
    }

    private static func token(of request: HTTPRequest) -> Secret? {
        request.headers.first(name: "authorization").flatMap { GatewayToken.parse($0) }
    }

    private func address(for request: HTTPRequest, secret: String?, forBot: Bool) -> HTTPReply {
        do throws(QQRefusal) {
            let url = try QQGatewayAddress.url(for: request, secret: secret, configuration: self.configuration)
            var json = Array(#"{"url":"#.utf8)
            JSONWriter.append(url, to: &json)
            if forBot {
                json += Array(
                    #","shards":1,"session_start_limit":{"total":1000,"remaining":1000,"#.utf8
                )
                json += Array(#""reset_after":86400000,"max_concurrency":1}"#.utf8)
            }
            json.append(UInt8(ascii: "}"))
            return .response(.json(ByteBuffer(bytes: json)))
        } catch {
            return .response(error.response)
        }
    }

    /// `GET /users/@me` where there is no platform to ask.
    func user(_ request: HTTPRequest, secret: String?, on eventLoop: any EventLoop) -> HTTPReply {
        self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            let channel: ChannelID
            if let secret {
                do throws(AccessRefusal) {
                    channel = try self.authenticator.admit(bearer: secret, of: request, for: .receive).channel
                } catch {
                    return .refused(error)
                }
            } else {
                guard let token = Self.token(of: request) else { throw .unknownToken }
                channel = try await self.grant(for: token, of: request, on: eventLoop).channel
            }
            return .response(.json(ByteBuffer(bytes: GatewayUser(madeUpFor: channel).json)))
        }
    }

    /// The grant of a token that is known and valid.
    private func grant(
        for token: Secret,
        of request: HTTPRequest,
        on eventLoop: any EventLoop
    ) async throws(QQRefusal) -> TokenGrant {
        let grant: TokenGrant?
        do {
            grant = try await self.broker.grant(for: TokenDigest(of: token), on: eventLoop).get()
        } catch {
            throw .brokerUnavailable
        }
        do throws(AccessRefusal) {
            return try self.authenticator.admit(grant, of: self.authenticator.client(of: request), for: .receive)
                .sessions
        } catch {
            throw .unknownToken
        }
    }

    /// Whether unregistered bots' requests are proxied to the platform: only in an open relay.
    ///
    /// - Parameter secret: from a path below `/qq/secret/{secret}`.
    private func checkMember(
        _ request: HTTPRequest,
        secret: String?,
        on eventLoop: any EventLoop
    ) async throws(QQRefusal) {
        guard self.authenticator.isGuarded, self.authenticator.access.mode == .registered else { return }
        if let secret {
            guard (try? self.authenticator.admit(bearer: secret, of: request, for: .receive)) != nil else {
                throw .unknownToken
            }
            return
        }
        guard let token = Self.token(of: request) else { throw .unknownToken }
        _ = try await self.grant(for: token, of: request, on: eventLoop)
    }

    /// Everything else: proxies the request to the platform.
    ///
    /// - Parameters:
    ///   - path: as it was encoded, beginning with a slash.
    ///   - secret: from a path below `/qq/secret/{secret}`.
    func passOn(_ request: HTTPRequest, path: String, secret: String?, on eventLoop: any EventLoop) -> HTTPReply {
        guard let platform else { return .response(QQRefusal.noUpstream.response) }
        return self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            try await self.checkMember(request, secret: secret, on: eventLoop)
            return try await platform.request(
                request.method,
                try QQTarget.make(request.method, path: path, query: request.query.encoded),
                headers: PassedFields.request(request.headers),
                body: request.body,
                of: request.clientAddress.key
            ).reply
        }
    }

    /// The same with a streamed body, on that body's event loop.
    func passOn(
        _ request: HTTPRequest,
        path: String,
        secret: String?,
        body: HTTPBodyInflow,
        on eventLoop: any EventLoop
    ) -> HTTPReply {
        guard let platform else { return .response(QQRefusal.noUpstream.response) }
        let target: String
        do throws(QQRefusal) {
            target = try QQTarget.make(request.method, path: path, query: request.query.encoded)
        } catch {
            return .response(error.response)
        }
        let upload = {
            platform.upload(
                request.method,
                target,
                headers: PassedFields.request(request.headers),
                body: body,
                of: request.clientAddress.key,
                on: eventLoop
            )
        }
        let answer: EventLoopFuture<QQAnswer>
        if self.authenticator.isGuarded {
            let check = eventLoop.makePromise(of: Void.self)
            check.completeWithTask { try await self.checkMember(request, secret: secret, on: eventLoop) }
            answer = check.futureResult.assumeIsolated().flatMap { _ in upload() }.nonisolated()
        } else {
            answer = upload()
        }
        return .eventually(
            answer.map(\.reply).flatMapErrorThrowing { error in
                guard let refusal = error as? QQRefusal else { throw error }
                return .response(refusal.response)
            }
        )
    }

    private func eventually(
        on eventLoop: any EventLoop,
        _ body: @escaping @Sendable () async throws(QQRefusal) -> HTTPReply
    ) -> HTTPReply {
        let promise = eventLoop.makePromise(of: HTTPReply.self)
        promise.completeWithTask {
            do throws(QQRefusal) {
                return try await body()
            } catch {
                return .response(error.response)
            }
        }
        return .eventually(promise.futureResult)
    }
}
