// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Shared

/// The schema of the log's tables, from the first version on.
///
/// Epochs and offsets are unsigned, and stand in SQLite's signed integers with the same bits. Times are milliseconds
/// since 1970. Channels, groups and consumers go by numbers of their own, which never leave the file.
enum DatabaseSchema {
    /// Marks a database as ours: `HkWr` (https://www.sqlite.org/pragma.html#pragma_application_id).
    static let applicationID = 0x486B_5772

    /// Brings a database to the present schema.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        migrator.registerMigration("1") { database in
            try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
            try database.execute(sql: Self.log)
            try database.execute(sql: Self.consumers)
            // What names epochs and hides keys; the generation counts the times that channels were forgotten.
            try database.execute(
                sql: "INSERT INTO identity (id, seed, generation) VALUES (1, ?, 0)",
                arguments: [Data(SecureRandom.bytes(16))]
            )
        }
        migrator.registerMigration("2") { try $0.execute(sql: Self.retention) }
        return migrator
    }

    /// A channel's own retention, where it differs from the default.
    private static let retention = """
        ALTER TABLE channel ADD COLUMN keptCount INTEGER;
        ALTER TABLE channel ADD COLUMN keptAge INTEGER;
        ALTER TABLE channel ADD COLUMN keptBytes INTEGER;
        CREATE INDEX channelByKeptAge ON channel (keptAge) WHERE keptAge IS NOT NULL;
        """

    private static let log = """
        CREATE TABLE identity (id INTEGER PRIMARY KEY, seed BLOB NOT NULL, generation INTEGER NOT NULL);
        CREATE TABLE channel (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL, last INTEGER NOT NULL,
            lastLetter INTEGER NOT NULL, usedAt INTEGER NOT NULL
        );
        CREATE INDEX channelByUse ON channel (usedAt);
        CREATE TABLE event (
            id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, offset INTEGER NOT NULL, storedAt INTEGER NOT NULL,
            bytes BLOB NOT NULL
        );
        CREATE INDEX eventByOffset ON event (channel, offset, storedAt);
        CREATE TABLE key (digest BLOB PRIMARY KEY, expiry INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX keyByExpiry ON key (expiry);
        CREATE TABLE token (digest BLOB PRIMARY KEY, grantText TEXT NOT NULL, expiry INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX tokenByExpiry ON token (expiry);
        CREATE TABLE trial (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        """

    private static let consumers = """
        CREATE TABLE cursor (
            channel INTEGER NOT NULL, consumer TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (channel, consumer)
        ) WITHOUT ROWID;
        CREATE TABLE memberGroup (
            number INTEGER PRIMARY KEY, channel INTEGER NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL,
            UNIQUE (channel, name)
        );
        CREATE TABLE unsettled (
            memberGroup INTEGER NOT NULL, offset INTEGER NOT NULL, takenAt INTEGER NOT NULL, attempts INTEGER NOT NULL,
            PRIMARY KEY (memberGroup, offset)
        ) WITHOUT ROWID;
        CREATE INDEX unsettledByTime ON unsettled (memberGroup, takenAt);
        CREATE TABLE deadLetter (
            id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, number INTEGER NOT NULL, memberGroup TEXT NOT NULL,
            attempts INTEGER NOT NULL, time INTEGER NOT NULL, offset INTEGER NOT NULL, bytes BLOB NOT NULL
        );
        CREATE UNIQUE INDEX deadLetterByNumber ON deadLetter (channel, number);
        """
}
