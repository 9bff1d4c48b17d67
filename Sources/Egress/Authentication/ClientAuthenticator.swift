// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The single place where requests for a bot's events, log and replies are authenticated, whatever the route. Any
/// thread.
///
/// | presented as | |
/// |---|---|
/// | a route's subject, `?secret=S`, `?bot=NAME` | the bot |
/// | the path's second part, `?token=T` | a token beside it |
/// | `Authorization: Bearer`, the subprotocol `bearer.…` | a token, or the secret |
package struct ClientAuthenticator: Sendable {
    /// The prefix of the subprotocol in which a browser page passes its token, since it cannot set header fields:
    /// `new WebSocket(url, ["hookwire.raw", "bearer.TOKEN"])`.
    private static let bearerSubprotocol = "bearer."

    let access: Access
    /// In milliseconds since 1970.
    let now: @Sendable () -> Int64
    /// The bans and rate limits of addresses; nil if there are none.
    var addresses: AddressGuard?

    /// An open relay: any secret opens its own channel.
    package static let open = ClientAuthenticator(access: .open, now: WallClock.now)

    /// Whether an admission can be revoked later.
    var isGuarded: Bool { self.access.registry != nil }

    /// Authenticates the sender of a request.
    ///
    /// - Parameters:
    ///   - subject: the path segment that may be a bot's name or secret.
    ///   - token: the path segment after it.
    func admit(
        _ request: HTTPRequest,
        subject: String? = nil,
        token: String? = nil,
        for scope: TokenScope
    ) throws(AccessRefusal) -> Visitor {
        let query = request.query
        let credentials = SocketCredentials(
            subject: subject,
            name: self.isGuarded ? query["bot"] : nil,
            secret: query["secret"],
            token: self.isGuarded ? token ?? query["token"] : nil,
            bearer: request.bearerToken ?? Self.subprotocolToken(of: request),
            origin: self.isGuarded ? Self.origin(of: request) : nil
        )
        return try self.admit(credentials, of: request, for: scope)
    }

    /// Authenticates by a single credential: a secret or a token.
    func admit(bearer: String, of request: HTTPRequest, for scope: TokenScope) throws(AccessRefusal) -> Visitor {
        let credentials = SocketCredentials(bearer: bearer, origin: self.isGuarded ? Self.origin(of: request) : nil)
        return try self.admit(credentials, of: request, for: scope)
    }

    private func admit(
        _ credentials: SocketCredentials,
        of request: HTTPRequest,
        for scope: TokenScope
    ) throws(AccessRefusal) -> Visitor {
        guard self.isGuarded, let addresses else {
            return try self.access.admit(credentials, for: scope, now: self.now())
        }
        let client = request.clientAddress
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.access.admit(credentials, for: scope, now: self.now())
        } catch {
            throw self.judged(error, client, at: self.access.channel(named: credentials), by: addresses)
        }
        try self.welcome(visitor.admission, client, by: addresses)
        return visitor
    }

    /// Authenticates by a platform's access token.
    ///
    /// - Parameters:
    ///   - grant: the token's grant; nil for an unknown token.
    ///   - client: the client that presents it, with its page's origin.
    func admit(
        _ grant: TokenGrant?,
        of client: Client,
        for scope: TokenScope
    ) throws(AccessRefusal) -> (sessions: TokenGrant, admission: Admission?) {
        do throws(AccessRefusal) {
            guard let grant else { throw .notFound }
            let (sessions, admission) = try self.access.admit(grant, for: scope, from: client.origin, now: self.now())
            if self.isGuarded, let addresses { try self.welcome(admission, client.address, by: addresses) }
            return (sessions, admission)
        } catch {
            guard let addresses else { throw error }
            throw self.judged(error, client.address, at: nil, by: addresses)
        }
    }

    /// The success of an unregistered bot's client, which any secret allows, proves nothing.
    private func welcome(
        _ admission: Admission?,
        _ client: ClientAddress,
        by addresses: AddressGuard
    ) throws(AccessRefusal) {
        try addresses.judge(client, at: admission?.channel, isRight: true)
        if let admission { addresses.succeeded(client, for: admission.channel, asVisitor: true) }
    }

    private func judged(
        _ refusal: AccessRefusal,
        _ client: ClientAddress,
        at bot: ChannelID?,
        by addresses: AddressGuard
    ) -> AccessRefusal {
        switch refusal {
        case .missingSecret, .notReady, .banned: return refusal
        // A token that has expired or has other scopes reveals as much as a valid one.
        case .notFound, .expiredToken, .wrongScope, .wrongOrigin: break
        }
        do throws(AccessRefusal) {
            try addresses.judge(client, at: refusal == .notFound ? bot : nil, isRight: false)
            return refusal
        } catch {
            return error
        }
    }

    /// Counts a wrong token whose refusal is not sent as an HTTP response.
    ///
    /// - Returns: how long to delay the refusal.
    func delay(of refusal: AccessRefusal, to client: Client) -> TimeAmount {
        switch refusal {
        case .notFound: self.addresses?.failed(client.address, for: nil) ?? .zero
        case .banned: AddressGuard.longestDelay
        case .missingSecret, .notReady, .expiredToken, .wrongScope, .wrongOrigin: .zero
        }
    }

    /// The sender of a request, for use after the request has ended.
    struct Client: Sendable {
        var address: ClientAddress
        /// The requesting page's origin; nil if the client is not a browser page.
        var origin: String?
    }

    /// The sender of a request. Skips the look-ups where there is neither a registry nor an address guard.
    func client(of request: HTTPRequest) -> Client {
        guard self.isGuarded || self.addresses != nil else { return Client(address: .shared(nil)) }
        return Client(address: request.clientAddress, origin: self.isGuarded ? Self.origin(of: request) : nil)
    }

    private static func origin(of request: HTTPRequest) -> String? { request.headers.first(name: "origin") }

    /// The current standing of an admitted client.
    func standing(of admission: Admission?, on channel: ChannelID) -> Access.Standing {
        self.access.standing(of: admission, on: channel, now: self.now())
    }

    private static func subprotocolToken(of request: HTTPRequest) -> String? {
        request.headers[canonicalForm: "sec-websocket-protocol"].lazy
            .first { $0.hasPrefix(self.bearerSubprotocol) }
            .map { String($0.dropFirst(self.bearerSubprotocol.count)) }
    }
}

extension HTTPReply {
    /// The response for a refusal.
    static func refused(_ refusal: AccessRefusal) -> HTTPReply { .response(refusal.problem.response) }
}
