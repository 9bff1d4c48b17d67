// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

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
struct Entrance: Sendable {
    /// What a browser's page offers beside the subprotocol that it wants, since it can set no header field:
    /// `new WebSocket(url, ["hookwire.raw", "bearer.TOKEN"])`.
    private static let bearerSubprotocol = "bearer."

    let access: Access
    /// In milliseconds since 1970.
    let now: @Sendable () -> Int64
    /// What is held against addresses; nil where nothing is.
    var addresses: AddressGuard?

    /// Everybody who knows a secret.
    static let open = Entrance(access: .open, now: WallClock.now)

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
            origin: self.isGuarded ? request.headers.first(name: "origin") : nil
        )
        let visitor = try self.access.admit(credentials, for: scope, now: self.now())
        if self.isGuarded { self.addresses?.succeeded(request, for: visitor.channel) }
        return visitor
    }

    /// Lets in whoever presents one thing: a secret, or a token.
    func admit(bearer: String, for scope: TokenScope) throws(AccessRefusal) -> Visitor {
        try self.access.admit(SocketCredentials(bearer: bearer), for: scope, now: self.now())
    }

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
