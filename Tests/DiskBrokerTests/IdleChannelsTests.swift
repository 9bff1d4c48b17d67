// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import GRDB
import Testing

@testable import DiskBroker

@Suite struct IdleChannelsTests {
    /// Where too many channels are known, those go first that nobody has a name in, then the others without events, those
    /// used the longest ago; who has events or dead letters stays.
    @Test func crowdLeavesWhatIsMissed() throws {
        try LogStore.inMemory { _, database in
            func insert(_ count: Int, from number: Int, usedAt: Int, _ tables: [String] = []) throws {
                for number in number..<number + count {
                    try database.execute(
                        sql: """
                            INSERT INTO channel (number, id, epoch, last, lastLetter, usedAt)
                            VALUES (\(number), '\(number)', 1, 1, 1, \(usedAt))
                            """
                    )
                    for table in tables { try database.execute(sql: "INSERT INTO \(table)", arguments: [number]) }
                }
            }
            let event = "event (channel, offset, storedAt, bytes) VALUES (?, 1, 0, x'')"
            let letter = """
                deadLetter (channel, number, memberGroup, attempts, time, offset, bytes) VALUES (?, 1, 'g', 1, 0, 1, x'')
                """
            let group = "memberGroup (channel, name, last) VALUES (?, 'g', 1)"
            let cursor = "cursor (channel, consumer, offset) VALUES (?, 'c', 1)"
            let nobody = "cursor (channel, consumer, offset) VALUES (?, '', 1)"
            try insert(1, from: 1, usedAt: 1, [letter])
            try insert(1, from: 2, usedAt: 1, [event])
            try insert(3, from: 10, usedAt: 2, [group])
            try insert(3, from: 20, usedAt: 3, [cursor])
            try insert(2_000, from: 1_000, usedAt: 4, [nobody])
            let configuration = DiskBrokerConfiguration(directory: "")
            func known(_ limit: Int) throws -> [Int] {
                var idle = IdleChannels(limit: limit)
                for _ in 0..<8 {
                    for number in try idle.look(
                        now: 5,
                        configuration: configuration,
                        hasFeeds: { _ in false },
                        database
                    ) {
                        try ChannelTable.remove(number, database)
                    }
                }
                return try Int.fetchAll(database, sql: "SELECT number FROM channel ORDER BY number")
            }
            #expect(try known(3_000).count == 2_008)
            #expect(try known(1_006) == [1, 2, 10, 11, 12, 20, 21, 22] + Array(2_000..<3_000))
            #expect(try known(4) == [1, 2, 12, 20, 21, 22])
            #expect(try known(1) == [1, 2, 22])
        }
    }
}
