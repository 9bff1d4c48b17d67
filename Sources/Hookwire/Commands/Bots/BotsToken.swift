// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import Shared

/// `hookwire bots token`: makes or revokes what opens a bot's sockets.
struct BotsToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Makes a token for a bot's sockets, or revokes one.",
        discussion: """
            The token is the last word that is printed, and is shown this once: only its hash is kept. Whoever is connected \
            by a token that is revoked is disconnected within a second.
            """
    )

    @OptionGroup var bot: BotNameArgument

    @Option(help: ArgumentHelp("What the new token is called.", valueName: "label"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "What it is good for: \(TokenScope.allCases.map(\.rawValue).joined(separator: ", ")). May be repeated. "
                + "(default: receive and reply)",
            valueName: "scope"
        )
    )
    var scope: [String] = []

    @Option(
        help: ArgumentHelp("When it ends: 90d, 12h, or a day such as 2027-01-31. (default: never)", valueName: "time")
    )
    var expires: String?

    @Option(help: ArgumentHelp("The token to take back.", valueName: "label"))
    var revoke: String?

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func validate() throws {
        guard (self.name == nil) != (self.revoke == nil) else {
            throw ValidationError("Give --name for a new token, or --revoke for one to take back.")
        }
        guard self.revoke == nil || (self.scope.isEmpty && self.expires == nil) else {
            throw ValidationError("--scope and --expires are for new tokens.")
        }
        _ = try self.scopes()
        _ = try self.expiry()
    }

    func run() async throws {
        let name = try self.bot.name()
        if let revoke {
            let label = try BotNameArgument.name(revoke, of: "A token's name")
            try await OpenBotStore.with(self.store) { open in
                let action = BotAction(.revokeToken, by: OpenBotStore.actor, subject: label.text)
                try await open.store.change(name, action, BotChange.revokeToken(label))
                print("Revoked the token \(label) of \(name).")
            }
            return
        }
        let label = try BotNameArgument.name(self.name ?? "", of: "A token's name")
        let (token, hash) = TokenHash.makeToken()
        let kept = SocketToken(label: label, hash: hash, scopes: try self.scopes(), expiry: try self.expiry())
        try await OpenBotStore.with(self.store) { open in
            let action = BotAction(.addToken, by: OpenBotStore.actor, subject: label.text)
            try await open.store.change(name, action, BotChange.add(kept))
            do throws(Terminal.WriteFailure) {
                try Terminal().print("The token \(label) of \(name), shown this once: \(token.exposeText())\n")
            } catch {
                let cause = error.sentence ?? "Nobody reads the output."
                throw BotStoreError(
                    .unavailable,
                    "\(cause) The token \(label) of \(name) was made, and nobody has seen it: take it back with "
                        + "--revoke \(label), and make another."
                )
            }
        }
    }

    private func scopes() throws -> Set<TokenScope> {
        guard !self.scope.isEmpty else { return SocketToken.defaultScopes }
        return Set(
            try self.scope.map { text in
                guard let scope = TokenScope(rawValue: text) else {
                    let words = TokenScope.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--scope must be one of \(words).")
                }
                return scope
            }
        )
    }

    private func expiry() throws -> Int64? {
        guard let expires else { return nil }
        let now = WallClock.now()
        let end = DurationText.parse(expires).map { now + $0.nanoseconds / 1_000_000 } ?? UTCTimeText.parse(expires)
        guard let end else {
            throw ValidationError("--expires takes a time such as 90d or 12h, or a day such as 2027-01-31.")
        }
        guard end > now else { throw ValidationError("--expires must be in the future.") }
        return end
    }
}
