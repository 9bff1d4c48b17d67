// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whether those who were let in may stay, now that bots have changed or time has passed.
extension Access {
    /// What is to become of somebody who was let in.
    public enum Standing: Sendable, Equatable {
        /// It stays, until a time if nothing changes, in milliseconds since 1970; nil for as long as it likes.
        case holds(until: Int64?)
        /// It may stay, but no longer where or for what it came: it has to come in again.
        case changed
        /// What it was let in by is good for nothing any more.
        case revoked

        /// Whether it stays.
        public var isHolding: Bool { if case .holds = self { true } else { false } }
    }

    /// Whether somebody may stay.
    ///
    /// - Parameters:
    ///   - admission: by what it was let in; nil for the secret of a bot that was not registered then.
    ///   - channel: whose events it gets.
    ///   - now: in milliseconds since 1970.
    public func standing(of admission: Admission?, on channel: ChannelID, now: Int64) -> Standing {
        guard let directory = self.registry?.directory else { return .holds(until: nil) }
        guard let admission else { return Self.standingOfStranger(on: channel, in: directory) }
        guard let bot = directory.bot(named: admission.bot) else { return .revoked }
        // What the bot knows of the token now, which may end at another time than when it was presented.
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

    /// Of who came by a secret alone when no bot was registered that has it: the secret itself is not kept, but the channel
    /// is its own.
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
    /// What is known now of a token that was one of its own.
    fileprivate func known(_ token: SocketToken) -> SocketToken? {
        self.tokens.first { $0.hash == token.hash }
    }
}

extension BotDirectory {
    /// The channels whose sockets a change from other bots may concern: those of each bot that is not as it was, and those
    /// that its secrets had as long as it was not registered.
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
