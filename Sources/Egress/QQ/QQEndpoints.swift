// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The endpoints that SDKs ask before they connect, and the passing on of everything else. Any thread.
struct QQEndpoints: Sendable {
    let configuration: QQConfiguration
    /// Nil where there is no upstream.
    let platform: QQPlatform?
    let broker: any Broker

    /// `POST /app/getAppAccessToken`: the platform's answer, and from then on every egress node knows whose token it is.
    func token(_ request: HTTPRequest, on eventLoop: any EventLoop) -> HTTPReply {
        self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            let secret = QQTokenExchange.secret(in: request.body)
            guard let platform = self.platform else {
                guard let secret else { throw .badTokenRequest }
                let (token, answer) = QQTokenExchange.makeToken()
                try await self.remember(token, of: secret, on: eventLoop)
                return .response(.json(answer))
            }
            let answer = try await platform.requestToken(
                headers: HopByHopFields.request(request.headers),
                body: request.body
            )
            let body = try await answer.body(upTo: QQTokenExchange.limit)
            if answer.status == .ok, let secret, let token = QQTokenExchange.token(in: body) {
                try await self.remember(token, of: secret, on: eventLoop)
            }
            return answer.reply(with: body)
        }
    }

    private func remember(
        _ token: QQTokenExchange.Token,
        of secret: Secret,
        on eventLoop: any EventLoop
    ) async throws(QQRefusal) {
        do {
            try await self.broker.remember(
                TokenGrant(secret: secret),
                for: TokenDigest(of: token.value),
                lifetimeMilliseconds: token.lifetimeMilliseconds,
                on: eventLoop
            ).get()
        } catch {
            // A token that no node knows would only be refused later.
            throw .brokerUnavailable
        }
    }

    /// `GET /gateway` and `GET /gateway/bot`. A token that no node knows is refused here already, where an SDK asks for
    /// another one; refused at the socket, some try it again until it expires.
    func gateway(_ request: HTTPRequest, secret: String?, forBot: Bool, on eventLoop: any EventLoop) -> HTTPReply {
        guard secret == nil, let token = Self.token(of: request) else {
            return self.address(for: request, secret: secret, forBot: forBot)
        }
        return self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            guard try await self.grant(for: token, on: eventLoop) != nil else { throw .unknownToken }
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
                channel = ChannelID(secret: Secret(secret))
            } else {
                guard let token = Self.token(of: request), let grant = try await self.grant(for: token, on: eventLoop)
                else { throw .unknownToken }
                channel = grant.channel
            }
            return .response(.json(ByteBuffer(bytes: GatewayUser(madeUpFor: channel).json)))
        }
    }

    private func grant(for token: Secret, on eventLoop: any EventLoop) async throws(QQRefusal) -> TokenGrant? {
        do {
            return try await self.broker.grant(for: TokenDigest(of: token), on: eventLoop).get()
        } catch {
            throw .brokerUnavailable
        }
    }

    /// Everything else: the platform's answer to the same request.
    ///
    /// - Parameter path: as it was encoded, beginning with a slash.
    func passOn(_ request: HTTPRequest, path: String, on eventLoop: any EventLoop) -> HTTPReply {
        guard let platform else { return .response(QQRefusal.noUpstream.response) }
        return self.eventually(on: eventLoop) { () async throws(QQRefusal) -> HTTPReply in
            try await platform.request(
                request.method,
                try QQTarget.make(request.method, path: path, query: request.query.encoded),
                headers: HopByHopFields.request(request.headers),
                body: request.body
            ).reply
        }
    }

    /// The same with a body that comes piece by piece, on that body's event loop.
    func passOn(
        _ request: HTTPRequest,
        path: String,
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
        let answer = platform.upload(
            request.method,
            target,
            headers: HopByHopFields.request(request.headers),
            body: body,
            on: eventLoop
        )
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
