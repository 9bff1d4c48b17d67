// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// Opens a log's database: looks whether it is whole and ours, and sets what its safety rests on.
enum DatabaseFile {
    /// How long a statement waits for another process that reads or copies the database, in seconds.
    private static let patience = 5.0

    /// The database of a directory, with the present schema.
    static func open(_ file: String, limit: Int) throws(DiskBrokerError) -> (queue: DatabaseQueue, space: DiskSpace) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(Self.patience)
        configuration.label = "hookwire.disk"
        do {
            let queue = try DatabaseQueue(path: file, configuration: configuration)
            let space = try queue.writeWithoutTransaction { database in
                try Self.check(database, file: file)
                return try Self.prepare(database, limit: limit)
            }
            try DatabaseSchema.migrator.migrate(queue)
            if let damage = try queue.read(DatabaseDamage.find) {
                throw DiskBrokerError.damaged(file: file, reason: damage)
            }
            return (queue, space)
        } catch {
            throw Self.error(error, file: file)
        }
    }

    /// Runs something that is not to wait for other processes.
    static func withoutPatience(_ database: Database, _ body: () throws -> Void) throws {
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Int(Self.patience * 1_000))") }
        try body()
    }

    /// What an error of SQLite's says of the file while it is opened.
    static func error(_ error: any Error, file: String) -> DiskBrokerError {
        if let error = error as? DiskBrokerError { return error }
        let reason = (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
        return DiskFailure(error) == .damaged
            ? .damaged(file: file, reason: reason) : .failed(file: file, reason: reason)
    }

    private static func check(_ database: Database, file: String) throws {
        // SQLite recovers its write-ahead log here, and drops an incomplete transaction.
        let findings = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
        guard findings == ["ok"] else {
            throw DiskBrokerError.damaged(file: file, reason: findings.first ?? "it cannot be checked")
        }
        // A process that ended while it made the log has left nothing, or only the list of migrations.
        let tables =
            try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations'"
            ) ?? 0
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard application == DatabaseSchema.applicationID || (application == 0 && tables == 0) else {
            throw DiskBrokerError.foreign(file: file)
        }
        guard try !DatabaseSchema.migrator.hasBeenSuperseded(database) else {
            throw DiskBrokerError.newer(file: file)
        }
    }

    private static func prepare(_ database: Database, limit: Int) throws -> DiskSpace {
        // Counts only where there are no tables yet: the file can be made smaller again, some pages at a time.
        try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else { throw DatabaseError(message: "no write-ahead log can be kept on this file system") }
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096
        let space = DiskSpace(limit: limit, pageSize: pageSize)
        // A commit returns when the disk has it; in this mode nothing less outlives a loss of power.
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(space.pagesAhead)")
        try database.execute(sql: "PRAGMA journal_size_limit = \(limit / 8)")
        try database.execute(sql: "PRAGMA max_page_count = \(space.filePages)")
        // Debian's SQLite would overwrite each freed page, which doubles the writes.
        try database.execute(sql: "PRAGMA secure_delete = FAST")
        try database.execute(sql: "PRAGMA cache_size = -16384")
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        return space
    }
}
