// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Re-checks admitted clients after bots have changed or time has passed.
extension Access {
    /// The current standing of an admitted client.
    public enum Standing: Sendable, Equatable {
        /// Still admitted, until a time if nothing changes, in milliseconds since 1970; nil for no expiry.
        case holds(until: Int64?)
        /// Its credential is valid, but the channel or the scopes have changed: it must be admitted again.
        case changed
        /// Its credential is no longer valid.
        case revoked

        /// Whether it is still admitted.
        public var isHolding: Bool { if case .holds = self { true } else { false } }
    }

    /// The current standing of an admitted client.
    ///
    /// - Parameters:
    ///   - admission: the credential that admitted it; nil for an unregistered bot's secret.
    ///   - channel: the channel whose events it receives.
    ///   - now: in milliseconds since 1970.
    public func standing(of admission: Admission?, on channel: ChannelID, now: Int64) -> Standing {
        guard let directory = self.registry?.directory else { return .holds(until: nil) }
        guard let admission else { return Self.standingOfStranger(on: channel, in: directory) }
        guard let bot = directory.bot(named: admission.bot) else { return .revoked }
        // The token's current record, whose expiry may have changed since it was presented.
        var known: SocketToken?
        switch admission.credential {
        case .secret(let secret):
            guard bot.isOpened(by: secret), bot.opensBySecret, !bot.needsToken else { return .revoked }
        case .token(let token):
            known = bot.known(token)
            guard let known, !known.isExpired(at: now) else { return .revoked }
        case .both(let secret, let token):
            known = bot.known(token)
            guard bot.isOpened(by: secret), let known, !known.isExpired(at: now) else { return .revoked }
        }
        guard bot.channel == channel, known?.scopes == admission.token?.scopes else { return .changed }
        return .holds(until: known?.expiry)
    }

    /// The standing of a client admitted by an unregistered bot's secret. The secret is not kept, but its hash is the
    /// channel.
    private static func standingOfStranger(on channel: ChannelID, in directory: BotDirectory) -> Standing {
        if let bot = directory.bot(on: channel) {
            let isOpened = directory.bot(withSecretOf: channel)?.name == bot.name
            return isOpened && bot.opensBySecret && !bot.needsToken ? .holds(until: nil) : .revoked
        }
        guard directory.bot(withSecretOf: channel) == nil else { return .changed }
        return directory.isTaken(channel) ? .revoked : .holds(until: nil)
    }
}

extension Bot {
    /// The current record of a token that was one of its own.
    fileprivate func known(_ token: SocketToken) -> SocketToken? {
        self.tokens.first { $0.hash == token.hash }
    }
}

extension BotDirectory {
    /// The channels whose sockets a change of the directory may affect: those of each bot that changed, and those that
    /// its secrets had while it was not registered.
    public func channels(changedFrom old: BotDirectory) -> Set<ChannelID> {
        var channels: Set<ChannelID> = []
        for name in Set(old.bots.keys).union(self.bots.keys) {
            let (before, after) = (old.bots[name], self.bots[name])
            guard before != after else { continue }
            if let before { channels.insert(before.channel) }
            guard let after else { continue }
            channels.insert(after.channel)
            for secret in after.secrets { channels.insert(ChannelID(secret: secret)) }
            channels.formUnion(after.formerChannels)
        }
        return channels
    }
}
