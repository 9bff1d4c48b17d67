// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The one way in to a bot's events, its log and its replies: what a request presents is read here, whatever the route.
/// Any thread.
///
/// | presented as | |
/// |---|---|
/// | a route's subject, `?secret=S`, `?bot=NAME` | the bot |
/// | the path's second part, `?token=T` | a token beside it |
/// | `Authorization: Bearer`, the subprotocol `bearer.…` | a token, or the secret |
package struct Entrance: Sendable {
    /// What a browser's page offers beside the subprotocol that it wants, since it can set no header field:
    /// `new WebSocket(url, ["hookwire.raw", "bearer.TOKEN"])`.
    private static let bearerSubprotocol = "bearer."

    let access: Access
    /// In milliseconds since 1970.
    let now: @Sendable () -> Int64
    /// What is held against addresses; nil where nothing is.
    var addresses: AddressGuard?

    /// Everybody who knows a secret.
    package static let open = Entrance(access: .open, now: WallClock.now)

    /// Whether somebody who has come in may have to leave.
    var isGuarded: Bool { self.access.registry != nil }

    /// Lets whoever sends a request in.
    ///
    /// - Parameters:
    ///   - subject: what stands in the path where a bot's name or its secret may.
    ///   - token: what stands behind it.
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

    /// Lets in whoever presents one thing: a secret, or a token.
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

    /// Lets in whoever presents a platform's access token.
    ///
    /// - Parameters:
    ///   - grant: the token's; nil where nobody knows it.
    ///   - client: who presents it, from a page of what origin.
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

    /// Of a stranger, who may come in with any secret, a success says nothing.
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
        // What was good once, or is for something else, tells as much as what is good now.
        case .notFound, .expiredToken, .wrongScope, .wrongOrigin: break
        }
        do throws(AccessRefusal) {
            try addresses.judge(client, at: refusal == .notFound ? bot : nil, isRight: false)
            return refusal
        } catch {
            return error
        }
    }

    /// Counts a refusal that no answer over HTTP carries, where it is one of a wrong token.
    ///
    /// - Returns: how long it should be held back.
    func delay(of refusal: AccessRefusal, to client: Client) -> TimeAmount {
        switch refusal {
        case .notFound: self.addresses?.failed(client.address, for: nil) ?? .zero
        case .banned: AddressGuard.longestDelay
        case .missingSecret, .notReady, .expiredToken, .wrongScope, .wrongOrigin: .zero
        }
    }

    /// Who sends a request, for what outlives it.
    struct Client: Sendable {
        var address: ClientAddress
        /// Where the page comes from that asks; nil for what is no page.
        var origin: String?
    }

    /// Who sends a request. Asks for nothing where nobody is registered and nothing is held against addresses.
    func client(of request: HTTPRequest) -> Client {
        guard self.isGuarded || self.addresses != nil else { return Client(address: .shared(nil)) }
        return Client(address: request.clientAddress, origin: self.isGuarded ? Self.origin(of: request) : nil)
    }

    private static func origin(of request: HTTPRequest) -> String? { request.headers.first(name: "origin") }

    /// Whether somebody who has come in may stay.
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
    /// The answer to somebody who is not let in.
    static func refused(_ refusal: AccessRefusal) -> HTTPReply { .response(refusal.problem.response) }
}
