// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Plans the import of another relay's bots: which are registered, under which names, and which are not and why. No IO.
struct BotImport {
    /// The outcome for one row.
    enum Fate: Equatable {
        case add(Bot)
        /// Its secret is registered already.
        case known(BotName)
        /// It cannot be taken over; the sentence names the row.
        case refused(String)
    }

    /// What its bots' tokens are called.
    private static let label = "imported"

    /// Looks at all rows.
    ///
    /// - Parameters:
    ///   - prefix: what the names begin with; a number follows, the first that is free.
    ///   - directory: what is registered now.
    static func plan(_ rows: [RelayTable.Row], prefix: String, beside directory: BotDirectory) -> [Fate] {
        let names = directory.bots.keys
        var taken: [Secret: BotName] = [:]
        var number = 0
        return rows.map { row in
            if let fault = row.fault { return .refused("Row \(row.id) is left out: its \(fault)") }
            if let holder = directory.bot(of: row.secret)?.name ?? taken[row.secret] { return .known(holder) }
            if let fault = BotRule.fault(ofSecret: row.secret) {
                return .refused("Row \(row.id) is left out: its secret \(fault)")
            }
            if let holder = directory.bot(on: ChannelID(secret: row.secret)) {
                return .refused(
                    "Row \(row.id) is left out: the bot \(holder.name) once had its secret, and keeps its channel."
                )
            }
            var hash: TokenHash?
            if let token = row.token {
                hash = token.exposeUTF8 { Hex.decode($0, byteCount: 16) }.map { .md5($0) }
                guard hash != nil else {
                    return .refused("Row \(row.id) is left out: its md5_token is no MD5 in 32 hexadecimal digits.")
                }
            }
            var name: BotName?
            repeat {
                number += 1
                name = BotName("\(prefix)\(number)")
            } while name.map { names.contains($0) } ?? false
            guard let name, let label = BotName(Self.label) else {
                return .refused("Row \(row.id) is left out: \(prefix)\(number) is no name; choose another --prefix.")
            }
            var bot = Bot(name: name, platform: .qq, secret: row.secret)
            if let hash {
                bot.tokens = [SocketToken(label: label, hash: hash, scopes: SocketToken.defaultScopes)]
                bot.needsToken = true
            }
            taken[row.secret] = name
            return .add(bot)
        }
    }
}
