// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Yams

/// Reads one token of a bot of the file.
struct TokenReader {
    private let fields: Fields
    private let bot: BotName

    init(_ fields: Fields, bot: BotName) {
        self.fields = fields
        self.bot = bot
    }

    /// The token; nil if invalid. An expired one is reported, and kept.
    func read(_ log: inout FaultLog) -> SocketToken? {
        for key in ["name", "hash"] where self.fields.node(key) == nil {
            log.error(
                self.fields.line,
                "A token of the bot \(self.bot) has no \(key); hookwire bots token makes whole ones."
            )
        }
        let label = self.fields.value("name", BotName.rule, &log) { BotName($0) }
        let scopes = self.scopes(&log)
        let expiry = self.fields.value("expires", "a day such as 2027-01-31, or 2027-01-31T12:00:00Z", &log) {
            UTCTimeText.parse($0)
        }
        guard let hash = self.hash(&log), let label, let scopes else { return nil }
        let token = SocketToken(label: label, hash: hash, scopes: scopes, expiry: expiry)
        if token.isExpired(at: WallClock.now()) {
            log.warn(
                self.fields.line(of: "expires"),
                "The token \(label) of the bot \(self.bot) has expired; revoke it, or make a new one."
            )
        }
        return token
    }

    /// The hash is not repeated: it may be the token itself, misplaced.
    private func hash(_ log: inout FaultLog) -> TokenHash? {
        guard let text = self.fields.text("hash", &log) else { return nil }
        guard let hash = TokenHash(text) else {
            log.error(
                self.fields.line(of: "hash"),
                "hash of a token of the bot \(self.bot) must be sha256: and 64 hexadecimal digits, as hookwire bots token "
                    + "writes it; the token itself does not belong here."
            )
            return nil
        }
        return hash
    }

    private func scopes(_ log: inout FaultLog) -> Set<TokenScope>? {
        guard let nodes = self.fields.list("scopes", limit: TokenScope.allCases.count, &log) else {
            return self.fields.node("scopes") == nil ? SocketToken.defaultScopes : nil
        }
        var scopes: Set<TokenScope> = []
        for node in nodes {
            guard let scope = node.scalar.flatMap({ TokenScope(rawValue: $0.string) }) else {
                log.error(
                    node.mark?.line ?? self.fields.line(of: "scopes"),
                    "A scope of a token of the bot \(self.bot) must be one of "
                        + "\(TokenScope.allCases.map(\.rawValue).joined(separator: ", "))."
                )
                return nil
            }
            scopes.insert(scope)
        }
        if scopes.isEmpty {
            log.warn(self.fields.line(of: "scopes"), "A token of the bot \(self.bot) has no scopes and opens nothing.")
        }
        return scopes
    }
}
