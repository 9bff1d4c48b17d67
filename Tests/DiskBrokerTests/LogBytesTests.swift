// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import GRDB
import NIOCore
import Shared
import Testing

@testable import DiskBroker

@Suite struct LogBytesTests {
    /// The bytes of a log that is kept by them are right whatever removes events, and whether or not a transaction is
    /// committed.
    @Test func countsTheBytesOfALog() throws {
        var configuration = DiskBrokerConfiguration(directory: "")
        configuration.retentionCount = 20
        try LogStore.inMemory(configuration) { original, database in
            var store = original
            let channels = (0..<3).map { _ in Fixtures.channel() }
            var random = SystemRandomNumberGenerator()
            var counted = 0
            for round in 0..<400 {
                let now = Int64(round) * 60_000
                let before = store
                try database.execute(sql: "SAVEPOINT round")
                try store.begin(storing: 0, now: now, database)
                for (index, channel) in channels.enumerated() {
                    let bytes = index == 0 ? nil : index * Int.random(in: 900...1_100, using: &random)
                    let size = Int.random(in: 1...400, using: &random)
                    let retention = round % 97 == 96 ? nil : ChannelRetention(bytes: bytes)
                    let event = ByteBuffer(repeating: 0, count: size)
                    _ = try store.publish(event, to: channel, key: nil, retention: retention, now: now, database)
                }
                _ = try store.finish(now: now, database)
                if round % 3 == 0 {
                    try database.execute(sql: "ROLLBACK TO round")
                    store = before
                }
                try database.execute(sql: "RELEASE round")
                let isThere = try Bool.fetchOne(database, sql: "SELECT count(*) > 0 FROM temp.sqlite_master") ?? false
                guard isThere else { continue }
                let wrong = try Int.fetchAll(
                    database,
                    sql: """
                        SELECT logBytes.channel FROM logBytes
                        WHERE bytes <> (SELECT coalesce(sum(length(event.bytes)), 0) FROM event
                            WHERE event.channel = logBytes.channel)
                        """
                )
                #expect(wrong == [], "round \(round)")
                counted += try Int.fetchOne(database, sql: "SELECT count(*) FROM logBytes WHERE bytes <= 2200") ?? 0
            }
            #expect(counted > 400)
        }
    }
}
