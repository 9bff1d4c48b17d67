// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// The table of secrets of another relay: a SQLite file, in which `secrets` has `secret` and, where the relay wants a token
/// beside it, `md5_token`, the MD5 of that. Any other table that has a `secret` does as well.
struct RelayTable {
    /// One bot of the other relay.
    struct Row: Sendable {
        /// The row's number, by which its owner finds it.
        var id: Int64
        var secret: Secret
        /// Nil where the table has no such column, or the row nothing in it.
        var token: Secret?
    }

    /// Why it cannot be read, in a sentence.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// How many rows are read.
    static let rowLimit = 10_000

    let rows: [Row]

    /// Reads a file, and changes nothing in it.
    init(path: String) throws(Fault) {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            self.rows = try queue.read { database in
                guard let (table, hasToken) = try Self.table(database) else {
                    throw Fault(description: "It has no table with a column named secret.")
                }
                return try Self.rows(database, table: table, hasToken: hasToken)
            }
        } catch let fault as Fault {
            throw Fault(description: "\(path) cannot be imported. \(fault)")
        } catch let error as DatabaseError {
            // Its message only: a statement would show what it is about.
            throw Fault(
                description:
                    "\(path) cannot be imported: \(error.message ?? "SQLite cannot read it"). Give the relay's "
                    + "SQLite file, such as database.db; where it runs on, a copy of it."
            )
        } catch {
            throw Fault(description: "\(path) cannot be imported: it cannot be opened. Check the path.")
        }
    }

    /// The table to read, `secrets` before others, and whether it has tokens.
    private static func table(_ database: Database) throws -> (name: String, hasToken: Bool)? {
        // A name with a quote in it would not stay one in a statement; no relay has such a table.
        let sql = """
            SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
            AND name NOT LIKE '%"%' ORDER BY name <> 'secrets', name
            """
        for name in try String.fetchAll(database, sql: sql) {
            let columns = try database.columns(in: name).map { $0.name.lowercased() }
            if columns.contains("secret") { return (name, columns.contains("md5_token")) }
        }
        return nil
    }

    private static func rows(_ database: Database, table: String, hasToken: Bool) throws -> [Row] {
        let columns = hasToken ? "secret, md5_token" : "secret, NULL"
        let sql = "SELECT rowid, \(columns) FROM \(table.quotedDatabaseIdentifier) ORDER BY rowid LIMIT ?"
        let rows = try GRDB.Row.fetchAll(database, sql: sql, arguments: [Self.rowLimit + 1])
        guard rows.count <= Self.rowLimit else {
            throw Fault(description: "It has more than \(Self.rowLimit) rows; import them in parts.")
        }
        return rows.map { row in
            let token: String? = row[2]
            return Row(
                id: row[0],
                secret: Secret((row[1] as String?) ?? ""),
                token: token.flatMap { $0.isEmpty ? nil : Secret($0) }
            )
        }
    }
}
