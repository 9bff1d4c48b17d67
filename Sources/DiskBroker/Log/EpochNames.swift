// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Shared

/// The name that a channel's log gets when it is created.
///
/// A channel without publications is not stored, yet a position before its first event must stay valid: its epoch is
/// derived from the log's seed. When channels that had events are forgotten, the generation is incremented, so that no
/// log gets an earlier name again.
struct EpochNames: Sendable {
    /// 16 random bytes that the log was made with.
    let seed: [UInt8]
    private var generation: Int64

    init(_ database: Database) throws {
        guard let row = try Row.fetchOne(database, sql: "SELECT seed, generation FROM identity WHERE id = 1") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it has no identity")
        }
        self.seed = Array(row[0] as Data)
        self.generation = row[1]
    }

    /// The epoch of a channel's log, if it were made now.
    func epoch(of channel: ChannelID) -> Epoch {
        let digest = Digest.sha256(self.seed, "epoch \(self.generation) ".utf8, channel.description.utf8)
        return Epoch(rawValue: max(1, digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }))
    }

    /// Channels are forgotten.
    mutating func advance(_ database: Database) throws {
        self.generation += 1
        try database.execute(sql: "UPDATE identity SET generation = ? WHERE id = 1", arguments: [self.generation])
    }
}
