// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
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
        /// Why it cannot be a bot, to follow "its"; nil where nothing is wrong with its columns.
        var fault: String?
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
        let token = hasToken ? "md5_token" : "NULL"
        // As bytes, for SQLite takes what is no UTF-8 for text too; and beside their types, for it turns numbers into text.
        let columns = "typeof(secret), CAST(secret AS BLOB), typeof(\(token)), CAST(\(token) AS BLOB)"
        let sql = "SELECT rowid, \(columns) FROM \(table.quotedDatabaseIdentifier) ORDER BY rowid LIMIT ?"
        let rows = try GRDB.Row.fetchAll(database, sql: sql, arguments: [Self.rowLimit + 1])
        guard rows.count <= Self.rowLimit else {
            throw Fault(description: "It has more than \(Self.rowLimit) rows; import them in parts.")
        }
        return rows.enumerated().map { index, row in
            // A column that is called rowid hides the number, and may be anything.
            let id = Int64.fromDatabaseValue(row[0]) ?? Int64(index + 1)
            do throws(ColumnFault) {
                let token = try self.text(type: row[3], bytes: row[4])
                let secret = try self.text(type: row[1], bytes: row[2])
                return Row(id: id, secret: Secret(secret), token: token.isEmpty ? nil : Secret(token))
            } catch {
                return Row(id: id, secret: Secret(""), fault: "secret or md5_token is \(error.rawValue).")
            }
        }
    }

    /// Why a column is not taken. None shows what is in it.
    private enum ColumnFault: String, Error {
        case noText = "no text"
        case noUTF8 = "no text in UTF-8"
    }

    /// The text of a column, empty for NULL. `DatabaseValue` is converted to by hand: GRDB's own conversions end the process
    /// where the column is of another type, and print the row.
    private static func text(type: DatabaseValue, bytes: DatabaseValue) throws(ColumnFault) -> String {
        switch (type.storage, bytes.storage) {
        case (.string("null"), _): return ""
        case (.string("text"), .null): return ""
        case (.string("text"), .blob(let data)):
            guard let text = String(validating: data, as: UTF8.self) else { throw .noUTF8 }
            return text
        default: throw .noText
        }
    }
}
