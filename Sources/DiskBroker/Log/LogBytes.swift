// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// How many bytes of events each channel has whose log is kept by bytes: to add them up at every commit would read that log.
///
/// A table in memory, beside the file's, which SQLite keeps true whatever removes events, and takes back with a transaction
/// that fails. A channel's bytes are added up once, when it first changes. Where no channel is kept by bytes, there is no such
/// table, and nothing is counted.
enum LogBytes {
    /// Begins to count, where a channel is kept by bytes for the first time since the database was opened.
    static func begin(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TEMP TABLE logBytes (channel INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
                CREATE TEMP TRIGGER countsAppended AFTER INSERT ON main.event BEGIN
                    UPDATE logBytes SET bytes = bytes + length(NEW.bytes) WHERE channel = NEW.channel;
                END;
                CREATE TEMP TRIGGER countsRemoved AFTER DELETE ON main.event BEGIN
                    UPDATE logBytes SET bytes = bytes - length(OLD.bytes) WHERE channel = OLD.channel;
                END;
                CREATE TEMP TRIGGER endsCounting AFTER UPDATE OF keptBytes ON main.channel WHEN NEW.keptBytes IS NULL BEGIN
                    DELETE FROM logBytes WHERE channel = NEW.number;
                END;
                CREATE TEMP TRIGGER forgetsCount AFTER DELETE ON main.channel BEGIN
                    DELETE FROM logBytes WHERE channel = OLD.number;
                END;
                """
        )
    }

    /// The bytes of a channel's events.
    static func count(of channel: StoredChannel, _ database: Database) throws -> Int {
        let known = try database.cachedStatement(sql: "SELECT bytes FROM logBytes WHERE channel = ?")
        if let bytes = try Int.fetchOne(known, arguments: [channel.number]) { return bytes }
        try database.cachedStatement(
            sql: """
                INSERT INTO logBytes (channel, bytes)
                SELECT ?, coalesce(sum(length(bytes)), 0) FROM event WHERE channel = ?
                """
        ).execute(arguments: [channel.number, channel.number])
        return try Int.fetchOne(known, arguments: [channel.number]) ?? 0
    }
}
