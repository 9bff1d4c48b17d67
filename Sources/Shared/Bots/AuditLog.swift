// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Where each change to a bot leaves a line, by whoever makes it: who, what, to which bot, and how it ended. No secret.
public struct AuditLog: Sendable {
    /// What its lines are told by in a log.
    public static let label = "hookwire.audit"
    /// The level of its lines. A node writes them whatever its own level is: who did what is asked for afterwards.
    public static let level = Logger.Level.notice

    private let logger: Logger

    public init(logger: Logger = Logger(label: AuditLog.label)) {
        self.logger = logger
    }

    /// - Parameter error: nil where the change was made.
    public func record(_ action: BotAction, on bot: BotName, error: BotStoreError? = nil) {
        var metadata: Logger.Metadata = [
            "action": "\(action.kind.rawValue)",
            "bot": "\(bot)",
            "actor": "\(action.actor)",
            "outcome": "\(error?.reason.rawValue ?? "done")",
        ]
        if let subject = action.subject { metadata["subject"] = "\(subject)" }
        self.logger.log(level: Self.level, "a bot was administered", metadata: metadata)
    }
}
