// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Authorizes clients to receive a bot's events, reply to them, and replay them. Nothing here waits or reads a clock.
extension Access {
    /// Authorizes a client for a bot and a scope.
    ///
    /// A registered bot is named and opened by one of its tokens or its secret, or found by its secret or a token
    /// alone. In an open relay any other secret opens its own channel.
    ///
    /// - Parameter now: in milliseconds since 1970.
    /// - Throws: the reason for a refusal. Unknown credentials are always `notFound`, even where they were valid once.
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

    /// The channel that failed attempts by a bot's name are counted against. A name that does not exist gets one too,
    /// so that the counting does not reveal which names do. Nil where no bot is named.
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
            // In an open relay it may be meant for another service, unless it has the form of one of our tokens.
            throw self.mode == .open && !TokenHash.isToken(token) ? .missingSecret : .notFound
        }
        return try self.visitor(secret: bearer, credentials.bearers, in: directory)
    }

    /// The visitor for credentials that name a bot.
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

    /// The visitor for what may be a registered bot's secret.
    private func visitor(
        secret: Secret,
        _ bearers: [Secret],
        in directory: BotDirectory
    ) throws(AccessRefusal) -> Visitor {
        if let bot = directory.bot(of: secret) { return try self.visitor(to: bot, secret: secret, bearers) }
        // A revoked token does not count as an unregistered bot's secret.
        guard self.mode == .open, !TokenHash.isToken(secret) else { throw .notFound }
        let visitor = Visitor(secret: secret)
        // A bot's former secret is refused: its holder would wait for events that never come.
        guard !directory.isTaken(visitor.channel) else { throw .notFound }
        return visitor
    }

    /// The visitor for a registered bot's secret.
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
    /// Whether pages of an origin may connect; a nil origin, from a client that is not a browser page, always may.
    func isOpen(to origin: String?) -> Bool {
        guard let origin = origin?.lowercased(), let allowed = self.allowedOrigins else { return true }
        return allowed.contains { $0.lowercased() == origin }
    }

    /// Whether a secret is the current or the previous one. Constant time.
    public func isOpened(by secret: Secret) -> Bool {
        let isCurrent = self.secret == secret
        let isPrevious = self.previousSecret.map { $0 == secret } ?? false
        return isCurrent || isPrevious
    }

    /// Looks up one of its tokens; nil if it is none of them.
    ///
    /// - Parameter besideSecret: whether the bot's secret was presented too, as tokens of other relays require.
    func token(_ token: Secret, besideSecret: Bool) -> SocketToken? {
        let hash = TokenHash(of: token)
        if let own = self.tokens.first(where: { $0.hash == hash }) { return own }
        guard besideSecret, let hash = TokenHash(legacy: token) else { return nil }
        return self.tokens.first { $0.hash == hash }
    }
}
