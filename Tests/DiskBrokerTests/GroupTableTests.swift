// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import GRDB
import NIOCore
import Shared
import Testing

@testable import DiskBroker

@Suite struct GroupTableTests {
    /// What is due is found by its time: what members have, which may be much, is not read each time that one asks.
    @Test func dueIsFoundByItsTime() throws {
        try LogStore.inMemory { store, database in
            let channel = Fixtures.channel()
            let request = GroupRequest(group: try #require(ConsumerName("group")), limit: 10)
            let event = ByteBuffer(string: "event")
            _ = try store.publish(event, to: channel, key: nil, retention: nil, now: 0, database)
            var statements: [String] = []
            database.trace { event in
                if case .statement(let statement) = event { statements.append(statement.sql) }
            }
            _ = try store.take(request, on: channel, now: 0, database)
            database.trace()
            let sql = try #require(statements.first(where: { $0.contains("FROM unsettled WHERE") }))
            let arguments = StatementArguments(Array(repeating: 1, count: 8))
            let plan = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments)
            let steps = plan.map { $0[3] as String }
            #expect(steps.contains(where: { $0.contains("unsettledByTime") }), "\(steps)")
        }
    }
}
