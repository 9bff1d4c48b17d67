// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Access tokens in Redis: `hw:{p}:token:<SHA-256 of the token>`, which Redis forgets by itself. Any thread.
struct RedisTokens: Sendable {
    let client: RedisClient

    /// Remembers a token; milliseconds.
    func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let lifetime = Int(min(max(lifetimeMilliseconds, 1), TokenLifetime.longestMilliseconds))
        let command = RESPCommand(
            "SET",
            .string(Self.key(token)),
            .secret(Secret(grant.exposeText())),
            .string("PX"),
            .integer(lifetime)
        )
        return self.client.storeTwice(command, at: Self.place(token), on: eventLoop).map { _ in }
    }

    /// A token's grant; nil if unknown.
    func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        let command = RESPCommand("GET", .string(Self.key(token)))
        return self.client.readAnywhere(command, at: Self.place(token), on: eventLoop).flatMapThrowing { reply in
            switch reply {
            case .null: nil
            case .bulk: reply.string.flatMap { TokenGrant(text: $0) }
            default: throw BrokerError.refused
            }
        }
    }

    private static func place(_ token: TokenDigest) -> RedisPlace {
        RedisPlace(key: self.key(token), hash: token.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    static func key(_ token: TokenDigest) -> String {
        let partition = Int(token.bytes[31]) % ChannelID.partitionCount
        return "hw:{\(partition)}:token:\(Hex.encode(token.bytes))"
    }
}
