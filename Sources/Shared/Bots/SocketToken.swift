// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What opens a bot's sockets in place of its secret. The token itself is with its holder only.
public struct SocketToken: Sendable, Equatable {
    /// What its bot's operator calls it; unique for a bot.
    public var label: BotName
    /// What is kept of it.
    public var hash: TokenHash
    /// What it is good for.
    public var scopes: Set<TokenScope>
    /// When it ends, in milliseconds since 1970; nil for never.
    public var expiry: Int64?

    /// What a token is good for where nothing else is said: what a bot needs.
    public static let defaultScopes: Set<TokenScope> = [.receive, .reply]

    public init(label: BotName, hash: TokenHash, scopes: Set<TokenScope>, expiry: Int64? = nil) {
        self.label = label
        self.hash = hash
        self.scopes = scopes
        self.expiry = expiry
    }

    /// Whether it has ended.
    public func isExpired(at milliseconds: Int64) -> Bool {
        self.expiry.map { $0 <= milliseconds } ?? false
    }

    /// Whether it is good for something.
    public func allows(_ scope: TokenScope) -> Bool {
        self.scopes.contains(scope) || self.scopes.contains(.admin)
    }
}

/// What a token is good for.
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
