// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a client presents to be let in to a bot's sockets, log and replies, as it stands in its request.
public struct SocketCredentials: Sendable {
    /// What stands in a path where a bot's name or a secret may: `/ws/{subject}`.
    public var subject: String?
    /// A bot's name, where only a name may stand: `?bot=NAME`.
    public var name: String?
    /// A secret: `?secret=S`.
    public var secret: Secret?
    /// A token beside either: `?token=T`, `/ws/{subject}/{token}`.
    public var token: Secret?
    /// A token or a secret: `Authorization: Bearer`, or the subprotocol that browsers carry it in.
    public var bearer: Secret?
    /// Where the page comes from that asks (`Origin`, RFC 6454); nil for what is no page.
    public var origin: String?

    public init(
        subject: String? = nil,
        name: String? = nil,
        secret: String? = nil,
        token: String? = nil,
        bearer: String? = nil,
        origin: String? = nil
    ) {
        self.subject = Self.kept(subject)
        self.name = Self.kept(name)
        self.secret = Self.kept(secret).map { Secret($0) }
        self.token = Self.kept(token).map { Secret($0) }
        self.bearer = Self.kept(bearer).map { Secret($0) }
        self.origin = origin
    }

    /// What may be a token, or a secret that is presented as one: the closest to the request's purpose first.
    var bearers: [Secret] { [self.token, self.bearer].compactMap { $0 } }

    private static func kept(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
