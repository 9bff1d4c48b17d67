// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The credentials in a client's request for a bot's sockets, log and replies, as sent.
public struct SocketCredentials: Sendable {
    /// The path segment that may be a bot's name or a secret: `/ws/{subject}`.
    public var subject: String?
    /// A bot's name, where only a name is allowed: `?bot=NAME`.
    public var name: String?
    /// A secret: `?secret=S`.
    public var secret: Secret?
    /// A token beside either: `?token=T`, `/ws/{subject}/{token}`.
    public var token: Secret?
    /// A token or a secret: `Authorization: Bearer`, or the subprotocol that browsers carry it in.
    public var bearer: Secret?
    /// The page's origin (`Origin`, RFC 6454); nil if the client is not a browser page.
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

    /// Candidates for a token, or for a secret presented as one, the most specific first.
    var bearers: [Secret] { [self.token, self.bearer].compactMap { $0 } }

    private static func kept(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
