// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Authorizes sessions opened with a platform's access token, issued for a bot's secret.
extension Access {
    /// Admits the holder of an access token with this grant; the result carries the bot's current session keys.
    ///
    /// - Parameters:
    ///   - origin: the requesting page's origin; nil if the client is not a browser page.
    ///   - now: in milliseconds since 1970.
    /// - Throws: the reason for a refusal. A grant names the secret or token it was issued for, and is valid as long as
    ///   that is.
    public func admit(
        _ grant: TokenGrant,
        for scope: TokenScope,
        from origin: String? = nil,
        now: Int64
    ) throws(AccessRefusal) -> (sessions: TokenGrant, admission: Admission?) {
        guard let registry else { return (grant, nil) }
        guard let directory = registry.directory else { throw .notReady }
        guard let bot = directory.bot(on: grant.channel) else {
            // Where the secret's own channel is no longer the bot's, a new token must be requested. And a credential
            // that an operator issued or revoked does not become an unregistered one when the bot is removed.
            guard self.mode == .open, !grant.isRegistered, !directory.isTaken(grant.channel),
                directory.bot(withSecretOf: grant.channel) == nil
            else { throw .notFound }
            return (grant, nil)
        }
        guard let credential = bot.credential(of: grant) else { throw .notFound }
        let admission = Admission(to: bot, by: credential)
        if let token = admission.token, token.isExpired(at: now) { throw .expiredToken }
        guard admission.allows(scope) else { throw .wrongScope }
        guard bot.isOpen(to: origin) else { throw .wrongOrigin }
        return (TokenGrant(sessionsOf: bot), admission)
    }
}

extension Visitor {
    /// The grant to store for an access token issued to this visitor.
    public var grant: TokenGrant {
        switch self.admission?.credential {
        case nil: TokenGrant(secret: self.secret)
        case .secret(let secret): TokenGrant(secret: secret, channel: self.channel)
        case .token(let token), .both(_, let token): TokenGrant(token: token.hash, channel: self.channel)
        }
    }

    /// The grant that signs the visitor's sessions.
    public var sessions: TokenGrant {
        TokenGrant(secret: self.secret, previous: self.previousSecret, channel: self.channel)
    }
}

extension Bot {
    /// The credential that a grant was issued for, if it is still valid.
    fileprivate func credential(of grant: TokenGrant) -> Admission.Credential? {
        if self.opensBySecret, !self.needsToken,
            let secret = self.secrets.first(where: {
                TokenGrant(secret: $0, channel: self.channel).opensSame(as: grant)
            })
        {
            return .secret(secret)
        }
        return self.tokens.first { TokenGrant(token: $0.hash, channel: self.channel).opensSame(as: grant) }
            .map { .token($0) }
    }
}

extension TokenGrant {
    fileprivate init(sessionsOf bot: Bot) {
        self.init(secret: bot.secret, previous: bot.previousSecret, channel: bot.channel)
    }
}
