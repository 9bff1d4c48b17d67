// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Who may open a session by an access token of a platform, which was given for a bot's secret.
extension Access {
    /// Lets in whoever holds an access token with this grant, and says what the bot's sessions are signed with now.
    ///
    /// - Parameters:
    ///   - origin: where the page comes from that asks; nil for what is no page.
    ///   - now: in milliseconds since 1970.
    /// - Throws: why not. A grant says which secret or token it was given for, and holds as long as that does.
    public func admit(
        _ grant: TokenGrant,
        for scope: TokenScope,
        from origin: String? = nil,
        now: Int64
    ) throws(AccessRefusal) -> (sessions: TokenGrant, admission: Admission?) {
        guard let registry else { return (grant, nil) }
        guard let directory = registry.directory else { throw .notReady }
        guard let bot = directory.bot(on: grant.channel) else {
            // Where the secret's own channel is not the bot's any more, the token has to be asked for anew.
            // And what a bot's operator has given, or taken back, does not turn into a stranger's when the bot is removed.
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
    /// What an access token is remembered by that the visitor is given.
    public var grant: TokenGrant {
        switch self.admission?.credential {
        case nil: TokenGrant(secret: self.secret)
        case .secret(let secret): TokenGrant(secret: secret, channel: self.channel)
        case .token(let token), .both(_, let token): TokenGrant(token: token.hash, channel: self.channel)
        }
    }

    /// What the visitor's sessions are signed with.
    public var sessions: TokenGrant {
        TokenGrant(secret: self.secret, previous: self.previousSecret, channel: self.channel)
    }
}

extension Bot {
    /// What a grant was given for, where that is still good for something.
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
