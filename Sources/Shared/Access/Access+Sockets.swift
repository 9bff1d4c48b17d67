// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Who may receive a bot's events, answer them, and have them sent again. Nothing here waits or reads a clock.
extension Access {
    /// Lets somebody in to a bot, for a purpose.
    ///
    /// A registered bot is named, and opened by one of its tokens or by its secret; or it is found by its secret, or by a
    /// token alone. In an open relay any other secret opens the channel that is its own.
    ///
    /// - Parameter now: in milliseconds since 1970.
    /// - Throws: why not. What is presented and known to nobody is `notFound`, whatever was known of it.
    public func admit(
        _ credentials: SocketCredentials,
        for scope: TokenScope,
        now: Int64
    ) throws(AccessRefusal) -> Visitor {
        guard let registry else {
            let text = credentials.subject.map { Secret($0) } ?? credentials.secret ?? credentials.bearer
            guard let text else { throw .missingSecret }
            return Visitor(secret: text)
        }
        guard let directory = registry.directory else { throw .notReady }
        let visitor = try self.visitor(credentials, in: directory)
        guard let admission = visitor.admission else { return visitor }
        if let token = admission.token, token.isExpired(at: now) { throw .expiredToken }
        guard admission.allows(scope) else { throw .wrongScope }
        if let bot = directory.bot(named: admission.bot), !bot.isOpen(to: credentials.origin) { throw .wrongOrigin }
        return visitor
    }

    /// What failures are charged to whose credentials name a bot, whether there is one of that name or not: from where they
    /// are counted nobody shall learn it. Nil where none is named.
    public func channel(named credentials: SocketCredentials) -> ChannelID? {
        guard let name = (credentials.name ?? credentials.subject).flatMap({ BotName($0) }) else { return nil }
        return self.registry?.directory?.bot(named: name)?.channel ?? ChannelID(bot: name)
    }

    private func visitor(
        _ credentials: SocketCredentials,
        in directory: BotDirectory
    ) throws(AccessRefusal) -> Visitor {
        if let bot = (credentials.name ?? credentials.subject).flatMap({ BotName($0) }).flatMap(directory.bot(named:)) {
            return try self.visitor(to: bot, credentials.bearers + (credentials.secret.map { [$0] } ?? []))
        }
        guard credentials.name == nil else { throw .notFound }
        if let secret = credentials.subject.map({ Secret($0) }) ?? credentials.secret {
            return try self.visitor(secret: secret, credentials.bearers, in: directory)
        }
        for bearer in credentials.bearers {
            if let (bot, token) = directory.token(bearer) {
                return Visitor(Admission(to: bot, by: .token(token)), to: bot)
            }
        }
        guard let bearer = credentials.bearer else {
            guard let token = credentials.token else { throw .missingSecret }
            // In an open relay it may be for something else of the sender's, unless it has the form of a token of ours.
            throw self.mode == .open && !TokenHash.isToken(token) ? .missingSecret : .notFound
        }
        return try self.visitor(secret: bearer, credentials.bearers, in: directory)
    }

    /// Whoever names a bot.
    private func visitor(to bot: Bot, _ bearers: [Secret]) throws(AccessRefusal) -> Visitor {
        for bearer in bearers {
            if let token = bot.token(bearer, besideSecret: false) {
                return Visitor(Admission(to: bot, by: .token(token)), to: bot)
            }
        }
        for bearer in bearers where bot.isOpened(by: bearer) {
            return try self.visitor(to: bot, secret: bearer, bearers)
        }
        throw .notFound
    }

    /// Whoever presents what may be a registered bot's secret.
    private func visitor(
        secret: Secret,
        _ bearers: [Secret],
        in directory: BotDirectory
    ) throws(AccessRefusal) -> Visitor {
        if let bot = directory.bot(of: secret) { return try self.visitor(to: bot, secret: secret, bearers) }
        // A token that was revoked is no secret of a stranger's.
        guard self.mode == .open, !TokenHash.isToken(secret) else { throw .notFound }
        let visitor = Visitor(secret: secret)
        // A secret that a bot had once opens nothing any more: its holder would wait for events that never come.
        guard !directory.isTaken(visitor.channel) else { throw .notFound }
        return visitor
    }

    /// Whoever knows a registered bot's secret.
    private func visitor(to bot: Bot, secret: Secret, _ bearers: [Secret]) throws(AccessRefusal) -> Visitor {
        if bot.opensBySecret, !bot.needsToken { return Visitor(Admission(to: bot, by: .secret(secret)), to: bot) }
        for bearer in bearers {
            guard let token = bot.token(bearer, besideSecret: true) else { continue }
            return Visitor(Admission(to: bot, by: bot.needsToken ? .both(secret, token) : .token(token)), to: bot)
        }
        throw .notFound
    }
}

extension Bot {
    /// Whether pages of an origin may come in; nil for what is no page.
    func isOpen(to origin: String?) -> Bool {
        guard let origin = origin?.lowercased(), let allowed = self.allowedOrigins else { return true }
        return allowed.contains { $0.lowercased() == origin }
    }

    /// Whether a secret is the current one or the one before. Takes the same time whichever it is.
    public func isOpened(by secret: Secret) -> Bool {
        let isCurrent = self.secret == secret
        let isPrevious = self.previousSecret.map { $0 == secret } ?? false
        return isCurrent || isPrevious
    }

    /// What is known of one of its tokens; nil for what is none.
    ///
    /// - Parameter besideSecret: whether the bot's secret was presented too, which tokens of other relays need.
    func token(_ token: Secret, besideSecret: Bool) -> SocketToken? {
        let hash = TokenHash(of: token)
        if let own = self.tokens.first(where: { $0.hash == hash }) { return own }
        guard besideSecret, let hash = TokenHash(legacy: token) else { return nil }
        return self.tokens.first { $0.hash == hash }
    }
}
