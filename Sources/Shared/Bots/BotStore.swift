// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where the registered bots are kept: a file, or Redis for all nodes. Any thread.
public protocol BotStore: Sendable {
    /// All bots, as they are stored now; of a store of single records, those that can be read.
    ///
    /// - Throws: `BotStoreError` where the store cannot be read.
    func bots() async throws(BotStoreError) -> [Bot]

    /// Changes one bot, or adds or removes it, atomically: between the reading and the writing nobody else has.
    ///
    /// - Parameters:
    ///   - name: whose.
    ///   - action: what is done, for the audit log.
    ///   - change: given the bot, nil where there is none, it returns what is to be kept, nil to remove it. May be called
    ///     again where somebody else was faster.
    /// - Throws: what `change` throws, and where the store cannot be written.
    func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError)

    /// Renews a registry with what is stored, now and within a second of each change, until the task is cancelled. What
    /// cannot be read leaves the bots that are known in place, and is logged.
    func follow(into registry: BotRegistry) async
}

/// What an operator does with a bot: one line of the audit log.
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
    /// Who does it: `cli:USER`, or `api:ADDRESS`.
    public var actor: String
    /// What it is done to besides the bot: a token's label.
    public var subject: String?

    public init(_ kind: Kind, by actor: String, subject: String? = nil) {
        self.kind = kind
        self.actor = actor
        self.subject = subject
    }
}

/// Why the registry cannot be read or changed, in a sentence that says what mends it.
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
        /// Another secret would let go of the one that the platform may have.
        case rotationUnderWay = "rotation_under_way"
        /// What was sent to change it.
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
