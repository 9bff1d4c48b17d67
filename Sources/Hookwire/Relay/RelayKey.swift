// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What opens a bot on a relay for one command: its secret; or one of its tokens, which knows whose it is.
struct RelayKey: Sendable {
    /// The registered bot that is meant, where it is named: a key of another's is then refused.
    var bot: BotName?
    /// The secret, or the token.
    var bearer: Secret

    /// The header field that presents it. A URL may be logged on its way.
    var field: (name: String, value: String) { ("Authorization", "Bearer \(self.bearer.exposeText())") }

    /// A target, path and query, that names the bot.
    func target(_ target: String) -> String {
        guard let bot else { return target }
        return target + (target.contains("?") ? "&" : "?") + "bot=\(bot)"
    }
}
