// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where the registered bots are kept: a file, or Redis for all nodes. Any thread.
public protocol BotStore: Sendable {
    /// All bots as currently stored; a store with one record per bot skips unreadable ones.
    ///
    /// - Throws: `BotStoreError` where the store cannot be read.
    func bots() async throws(BotStoreError) -> [Bot]

    /// Changes, adds or removes one bot, atomically: no other write comes between its read and its write.
    ///
    /// - Parameters:
    ///   - name: the bot's name.
    ///   - action: what is done, for the audit log.
    ///   - change: maps the stored bot, nil if there is none, to the new one, nil to remove it. May be called again
    ///     after a write conflict.
    /// - Throws: what `change` throws, or if the store cannot be written.
    func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError)

    /// Updates a registry from the store, now and within a second of each change, until the task is cancelled. On a
    /// read failure the known bots stay in place, and it is logged.
    func follow(into registry: BotRegistry) async
}

/// An operator's action on a bot: one line of the audit log.
public struct BotAction: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case add
        case rotate
        case endRotation = "end_rotation"
        case change
        case remove
        case addToken = "add_token"
        case revokeToken = "revoke_token"
        case `import`
    }

    public var kind: Kind
    /// The actor: `cli:USER`, or `api:ADDRESS`.
    public var actor: String
    /// A further object of the action: a token's label.
    public var subject: String?

    public init(_ kind: Kind, by actor: String, subject: String? = nil) {
        self.kind = kind
        self.actor = actor
        self.subject = subject
    }
}

/// Why the registry cannot be read or changed, in a sentence that says how to fix it.
public struct BotStoreError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, for programs: the problem's reason of the admin API.
    public enum Reason: String, Sendable, CaseIterable {
        case unavailable
        case unreadable
        case missingKey = "missing_key"
        case wrongKey = "wrong_key"
        case invalid
        case exists
        case unknownBot = "unknown_bot"
        case unknownToken = "unknown_token"
        case conflict
        case tooMany = "too_many"
        /// A new secret would drop the one that the platform may still use.
        case rotationUnderWay = "rotation_under_way"
        /// The request body of the change is too large.
        case bodyTooLarge = "body_too_large"
    }

    public let reason: Reason
    /// A sentence, without any secret in it.
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
