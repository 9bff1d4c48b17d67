// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A token that opens a bot's sockets in place of its secret. Only its holder has the token itself.
public struct SocketToken: Sendable, Equatable {
    /// The label given by the bot's operator; unique per bot.
    public var label: BotName
    /// The token's hash.
    public var hash: TokenHash
    /// What it grants.
    public var scopes: Set<TokenScope>
    /// When it expires, in milliseconds since 1970; nil for never.
    public var expiry: Int64?

    /// A token's scopes if none are given: what a bot needs.
    public static let defaultScopes: Set<TokenScope> = [.receive, .reply]

    public init(label: BotName, hash: TokenHash, scopes: Set<TokenScope>, expiry: Int64? = nil) {
        self.label = label
        self.hash = hash
        self.scopes = scopes
        self.expiry = expiry
    }

    /// Whether it has expired.
    public func isExpired(at milliseconds: Int64) -> Bool {
        self.expiry.map { $0 <= milliseconds } ?? false
    }

    /// Whether it includes a scope.
    public func allows(_ scope: TokenScope) -> Bool {
        self.scopes.contains(scope) || self.scopes.contains(.admin)
    }
}

/// What a token grants.
public enum TokenScope: String, Sendable, CaseIterable {
    /// Opening sockets and event streams, with their backlog.
    case receive
    /// Answering requests.
    case reply
    /// Publishing retained events again, and dead letters.
    case replay
    /// Everything, and sending test events.
    case admin
}
