// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import GRDB
import NIOCore

@testable import DiskBroker

extension DiskBroker {
    /// Changes how many pages the database may have: where it has them, the disk is full.
    func limitPages(to count: Int) async throws {
        // What reads is done outside of a transaction, also while the disk fails.
        try await self.ask(.read, on: Fixtures.eventLoop) { _, _, database in
            try database.execute(sql: "PRAGMA max_page_count = \(count)")
        }.get()
    }
}
