// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What is promised of access tokens.
    static let tokens: [BrokerRule] = [
        BrokerRule("a token that was remembered opens the channel of its bot, and every other token nothing") { bed in
            try await bed.withBroker { broker in
                let grant = TokenGrant(secret: Secret("secret \(Fixtures.channel())"))
                let token = Self.token()
                #expect(try await Self.grant(for: token, of: broker) == nil)
                try await Self.remember(grant, for: token, in: broker)
                #expect(try await Self.grant(for: token, of: broker) == grant)
                #expect(try await Self.grant(for: Self.token(), of: broker) == nil)
            }
        },
        BrokerRule("a token is forgotten when it expires") { bed in
            try await bed.withBroker { broker in
                let grant = TokenGrant(secret: Secret("s"))
                let (short, long) = (Self.token(), Self.token())
                try await Self.remember(grant, for: long, in: broker)
                try await Self.remember(grant, for: short, lifetimeMilliseconds: 500, in: broker)
                try await bed.advance(milliseconds: 700)
                #expect(try await Self.grant(for: short, of: broker) == nil)
                #expect(try await Self.grant(for: long, of: broker) == grant)
            }
        },
        BrokerRule("a token that is remembered again lives longer, and opens what was said last") { bed in
            try await bed.withBroker { broker in
                let token = Self.token()
                try await Self.remember(
                    TokenGrant(secret: Secret("a")),
                    for: token,
                    lifetimeMilliseconds: 500,
                    in: broker
                )
                let later = TokenGrant(secret: Secret("b"))
                try await Self.remember(later, for: token, in: broker)
                try await bed.advance(milliseconds: 700)
                #expect(try await Self.grant(for: token, of: broker) == later)
            }
        },
    ]

    private static func token() -> TokenDigest {
        TokenDigest(of: Secret(Hex.encode(SecureRandom.bytes(16))))
    }

    private static func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64 = 60_000,
        in broker: any Broker
    ) async throws {
        try await broker.remember(
            grant,
            for: token,
            lifetimeMilliseconds: lifetimeMilliseconds,
            on: Fixtures.eventLoop
        ).get()
    }

    private static func grant(for token: TokenDigest, of broker: any Broker) async throws -> TokenGrant? {
        try await broker.grant(for: token, on: Fixtures.eventLoop).get()
    }
}
