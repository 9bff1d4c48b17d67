// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Why access is refused.
public enum AccessRefusal: Error, Equatable, Sendable {
    /// Nothing was presented.
    case missingSecret
    /// The credentials match nothing. Must be indistinguishable from an unknown path.
    case notFound
    /// Tells only the token's holder that it was valid once.
    case expiredToken
    case wrongScope
    case wrongOrigin
    /// The registry has not been read yet.
    case notReady
    /// The address has guessed too often; whether this guess was right is not revealed. Nil for the unknown bots.
    case banned(for: ChannelID?)

    /// The reasons of the refusals that have a problem of their own.
    private enum Reason: String {
        case missingSecret = "missing_secret"
        case expiredToken = "expired_token"
        case wrongScope = "wrong_scope"
        case wrongOrigin = "wrong_origin"
        case notReady = "not_ready"
    }

    /// The problem's reason and a metric label.
    public var rawValue: String {
        switch self {
        case .missingSecret: Reason.missingSecret.rawValue
        case .notFound: RoutingFault.notFound.rawValue
        case .expiredToken: Reason.expiredToken.rawValue
        case .wrongScope: Reason.wrongScope.rawValue
        case .wrongOrigin: Reason.wrongOrigin.rawValue
        case .notReady: Reason.notReady.rawValue
        case .banned: LimitRefusal.bannedForBot.rawValue
        }
    }

    /// The response for the refusal.
    public var problem: Problem {
        switch self {
        case .missingSecret:
            Problem(
                .unauthorized,
                reason: Reason.missingSecret,
                detail:
                    "The URL needs the bot's secret, ?secret=YOUR-BOT-SECRET, or the request an Authorization: Bearer.",
                headers: [("WWW-Authenticate", "Bearer")]
            )
        case .notFound: .notFound.charged(for: nil)
        case .expiredToken:
            Problem(
                .unauthorized,
                reason: Reason.expiredToken,
                detail: "The token has expired; ask the bot's operator for another.",
                headers: [("WWW-Authenticate", #"Bearer error="invalid_token""#)]
            )
        case .wrongScope:
            Problem(
                .forbidden,
                reason: Reason.wrongScope,
                detail: "The token is not good for this; ask the bot's operator for one whose scopes name it.",
                headers: [("WWW-Authenticate", #"Bearer error="insufficient_scope""#)]
            )
        case .wrongOrigin:
            Problem(
                .forbidden,
                reason: Reason.wrongOrigin,
                detail: "The bot is not open to pages of this origin; its operator can allow it."
            )
        case .notReady:
            Problem(
                .serviceUnavailable,
                reason: Reason.notReady,
                detail: "This node has not read yet which bots are registered; try again in a moment.",
                headers: [("Retry-After", "1")]
            )
        case .banned(let bot):
            // The owner of the ledger knows the duration and counts it.
            LimitRefusal.bannedForBot.problem(retryAfter: .seconds(1)).charged(for: bot)
        }
    }
}
