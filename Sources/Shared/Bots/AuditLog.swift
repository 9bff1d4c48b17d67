// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Writes one line per change to a bot: actor, action, bot and result. No secrets.
public struct AuditLog: Sendable {
    /// The logger label of its lines.
    public static let label = "hookwire.audit"
    /// The level of its lines. A node writes them whatever its own log level is.
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
