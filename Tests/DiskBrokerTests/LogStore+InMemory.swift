// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import GRDB

@testable import DiskBroker

extension LogStore {
    /// Runs `body` with the log of a database in memory.
    static func inMemory(
        _ configuration: DiskBrokerConfiguration = DiskBrokerConfiguration(directory: ""),
        _ body: (inout LogStore, Database) throws -> Void
    ) throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            var store = try LogStore(
                configuration: configuration,
                space: DiskSpace(limit: 1 << 24, pageSize: 4_096),
                feeds: DiskFeeds(metrics: DiskBrokerMetrics()),
                database
            )
            try body(&store, database)
        }
    }
}
