// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Shared

/// The table of access tokens, each until it expires; the first to expire goes when there are too many.
enum TokenTable {
    /// How many tokens are remembered.
    static let limit = 16_384

    static func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        until expiry: Int64,
        now: Int64,
        _ database: Database
    ) throws {
        try database.cachedStatement(sql: "DELETE FROM token WHERE expiry <= ?").execute(arguments: [now])
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO token (digest, grantText, expiry) VALUES (?, ?, ?)")
            .execute(arguments: [Data(token.bytes), grant.exposeText(), expiry])
        let excess = try (Int.fetchOne(database, sql: "SELECT count(*) FROM token") ?? 0) - Self.limit
        guard excess > 0 else { return }
        try database.execute(
            sql: "DELETE FROM token WHERE digest IN (SELECT digest FROM token ORDER BY expiry LIMIT ?)",
            arguments: [excess]
        )
    }

    static func grant(for token: TokenDigest, now: Int64, _ database: Database) throws -> TokenGrant? {
        let statement = try database.cachedStatement(sql: "SELECT grantText FROM token WHERE digest = ? AND expiry > ?")
        return try String.fetchOne(statement, arguments: [Data(token.bytes), now]).flatMap { TokenGrant(text: $0) }
    }
}
