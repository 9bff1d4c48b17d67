// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Shared

/// The line that every action of an operator leaves: who did what to which bot, and how it ended. Never a secret.
struct AuditLog: Sendable {
    private let logger: Logger

    /// - Parameter logger: the node's; the lines are told from others by `audit`.
    init(logger: Logger) {
        self.logger = logger
    }

    /// Notes an action.
    ///
    /// - Parameter outcome: `done`, or the reason of the error.
    func note(_ action: BotAction, bot: String, outcome: String) {
        var metadata: Logger.Metadata = [
            "audit": "\(action.kind.rawValue)", "bot": "\(bot)", "actor": "\(action.actor)", "outcome": "\(outcome)",
        ]
        if let subject = action.subject { metadata["subject"] = "\(subject)" }
        self.logger.notice("an operator's action", metadata: metadata)
    }

    /// Notes a request that had no business here.
    func refused(_ refusal: AdminRefusal, actor: String) {
        self.logger.notice(
            "a request to the admin API was refused",
            metadata: ["audit": "refused", "actor": "\(actor)", "outcome": "\(refusal.rawValue)"]
        )
    }
}
