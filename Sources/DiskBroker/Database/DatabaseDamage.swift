// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// Values that we never store. SQLite's own check finds damaged pages, but takes any value for one: a column of numbers
/// keeps texts as well, and pages have no sums. What is looked at here is relied on wherever rows are read.
///
/// The columns that are looked at stand before the bytes of an event, which are not read.
enum DatabaseDamage {
    /// What holds for every row of a table.
    private struct Rule {
        let table: String
        let holds: [String]
    }

    private static let rules = [
        Rule(table: "identity", holds: ["typeof(seed) = 'blob'", Self.number("generation", from: 0)]),
        Rule(
            table: "channel",
            holds: [
                "typeof(id) = 'text'", "typeof(epoch) = 'integer'", Self.number("last", from: 0),
                Self.number("lastLetter", from: 0), Self.time("usedAt"), Self.own("keptCount"), Self.own("keptAge"),
                Self.own("keptBytes"),
            ]
        ),
        Rule(
            table: "event",
            holds: [
                "typeof(channel) = 'integer'", Self.number("offset", from: 1), Self.time("storedAt"),
                "typeof(bytes) = 'blob'",
            ]
        ),
        Rule(table: "cursor", holds: ["typeof(consumer) = 'text'", Self.number("offset", from: 0)]),
        Rule(table: "memberGroup", holds: ["typeof(name) = 'text'", Self.number("last", from: 0)]),
        Rule(
            table: "unsettled",
            holds: [Self.number("offset", from: 1), "typeof(takenAt) = 'integer'", Self.number("attempts", from: 0)]
        ),
        Rule(
            table: "deadLetter",
            holds: [
                Self.number("number", from: 1), "typeof(memberGroup) = 'text'", Self.number("attempts", from: 0),
                Self.time("time"), Self.number("offset", from: 1), "typeof(bytes) = 'blob'",
            ]
        ),
        Rule(table: "token", holds: ["typeof(grantText) = 'text'"]),
    ]

    /// The first problem, for an operator; nil if there is none.
    static func find(_ database: Database) throws -> String? {
        for rule in self.rules {
            let holds = rule.holds.joined(separator: " AND ")
            let sql = "SELECT EXISTS (SELECT 1 FROM \(rule.table) WHERE NOT (\(holds)))"
            guard try Bool.fetchOne(database, sql: sql) == false else {
                return "the table \(rule.table) has a value that no node stores"
            }
        }
        return nil
    }

    /// Counted on from, for longer than any log lives, without an end of the numbers.
    private static func number(_ column: String, from first: Int) -> String {
        "typeof(\(column)) = 'integer' AND \(column) BETWEEN \(first) AND \(Int64.max / 2)"
    }

    /// So far from the ends that any two have a difference.
    private static func time(_ column: String) -> String {
        "typeof(\(column)) = 'integer' AND \(column) BETWEEN \(Int64.min / 4) AND \(Int64.max / 4)"
    }

    private static func own(_ column: String) -> String {
        "(\(column) IS NULL OR (typeof(\(column)) = 'integer' AND \(column) > 0))"
    }
}
