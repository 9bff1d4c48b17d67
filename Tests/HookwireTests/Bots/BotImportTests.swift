// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Shared
import Testing

@testable import Hookwire

@Suite struct BotImportTests {
    private func table(_ statements: [String]) throws -> Result<RelayTable, RelayTable.Fault> {
        let path = FileManager.default.temporaryDirectory.appending(path: "relay-\(UUID()).db").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try DatabaseQueue(path: path).write { database in
            for statement in statements { try database.execute(sql: statement) }
        }
        do throws(RelayTable.Fault) {
            return .success(try RelayTable(path: path))
        } catch {
            return .failure(error)
        }
    }

    private static let secrets =
        "CREATE TABLE secrets (id INTEGER PRIMARY KEY AUTOINCREMENT, secret TEXT NOT NULL UNIQUE, md5_token TEXT NOT NULL UNIQUE)"

    /// The widespread relay's table becomes bots that need the token they needed there.
    @Test func widespreadTable() throws {
        // The MD5 of "abcdefghij".
        let table = try self.table([
            Self.secrets,
            "INSERT INTO secrets (secret, md5_token) VALUES ('first-secret', 'a925576942e94b2ef57a066101b48876')",
            "INSERT INTO secrets (secret, md5_token) VALUES ('short', '00000000000000000000000000000000')",
            "INSERT INTO secrets (secret, md5_token) VALUES ('third-secret', 'no md5')",
            "INSERT INTO secrets (secret, md5_token) VALUES ('fourth-secret', '11111111111111111111111111111111')",
        ]).get()
        let fates = BotImport.plan(table.rows, prefix: "imported-", beside: .empty)
        guard case .add(let bot) = fates[0], case .refused(let short) = fates[1], case .refused(let token) = fates[2],
            case .add(let last) = fates[3]
        else {
            Issue.record("\(fates)")
            return
        }
        #expect(bot.name.text == "imported-1" && last.name.text == "imported-2")
        #expect(bot.platform == .qq && bot.needsToken && bot.secret == Secret("first-secret"))
        #expect(bot.tokens.map(\.hash.description) == ["md5:a925576942e94b2ef57a066101b48876"])
        #expect(bot.tokens.first?.scopes == [.receive, .reply])
        #expect(short.contains("Row 2") && token.contains("Row 3"))
        #expect(!(short + token).contains("third-secret"))

        // Run again, nothing is left to do.
        let again = BotImport.plan(table.rows, prefix: "imported-", beside: BotDirectory([bot, last]))
        #expect(again[0] == .known(bot.name) && again[3] == .known(last.name))
    }

    /// A secret that a registered bot once had leads to that bot's channel still: its row is left out, and the others are not.
    @Test func secretsThatWereRotated() throws {
        let table = try self.table([
            Self.secrets,
            "INSERT INTO secrets (secret, md5_token) VALUES ('former-secret', 'a925576942e94b2ef57a066101b48876')",
            "INSERT INTO secrets (secret, md5_token) VALUES ('second-secret', '11111111111111111111111111111111')",
        ]).get()
        let name = try #require(BotName("known"))
        var bot = Bot(name: name, platform: .qq, secret: Secret("present-secret"))
        bot.channel = ChannelID(secret: Secret("former-secret"))
        let fates = BotImport.plan(table.rows, prefix: "imported-", beside: BotDirectory([bot]))
        guard case .refused(let sentence) = fates[0], case .add(let other) = fates[1] else {
            Issue.record("\(fates)")
            return
        }
        #expect(sentence.contains("Row 1") && sentence.contains("known") && !sentence.contains("former-secret"))
        #expect(throws: Never.self) { try BotChange.add(other)(nil, BotDirectory([bot])) }
    }

    /// A row whose columns are no text is left out by its number, and nothing of it is shown.
    @Test func rowsOfOtherTypes() throws {
        let table = try self.table([
            "CREATE TABLE secrets (secret, md5_token)",
            "INSERT INTO secrets VALUES (1234567890123, NULL)",
            "INSERT INTO secrets VALUES (x'00ff', NULL)",
            "INSERT INTO secrets VALUES (12345678.5, NULL)",
            "INSERT INTO secrets VALUES (NULL, NULL)",
            "INSERT INTO secrets VALUES ('good-secret', 12345)",
            "INSERT INTO secrets VALUES (CAST(x'6161616161616161ff' AS TEXT), NULL)",
            "INSERT INTO secrets VALUES ('control' || char(1) || 'secret', NULL)",
            "INSERT INTO secrets VALUES ('control' || char(0) || 'secret', NULL)",
            "INSERT INTO secrets VALUES ('good-secret', '')",
        ]).get()
        let fates = BotImport.plan(table.rows, prefix: "imported-", beside: .empty)
        for (index, fate) in fates.dropLast().enumerated() {
            guard case .refused(let sentence) = fate else {
                Issue.record("row \(index + 1): \(fate)")
                continue
            }
            #expect(sentence.hasPrefix("Row \(index + 1) is left out: its "))
            for text in ["12345", "good-secret", "aaaa", "control\u{1}"] { #expect(!sentence.contains(text)) }
        }
        guard case .add(let bot) = fates.last else {
            Issue.record("\(fates)")
            return
        }
        #expect(bot.secret == Secret("good-secret"))
        let hidden = try self.table([
            "CREATE TABLE secrets (rowid TEXT, secret TEXT)", "INSERT INTO secrets VALUES ('x', 'good-secret')",
        ]).get()
        #expect(hidden.rows.map(\.id) == [1])
    }

    /// Names that are taken are passed over.
    @Test func takenNames() throws {
        let taken = Bot(name: try #require(BotName("imported-1")), platform: .qq, secret: Secret("something"))
        let row = RelayTable.Row(id: 1, secret: Secret("first-secret"), token: nil)
        let fates = BotImport.plan([row, row], prefix: "imported-", beside: BotDirectory([taken]))
        guard case .add(let bot) = fates[0] else {
            Issue.record("\(fates)")
            return
        }
        #expect(bot.name.text == "imported-2" && !bot.needsToken && bot.tokens.isEmpty)
        #expect(fates[1] == .known(bot.name))
    }

    /// Another relay's table without tokens does, and a file without secrets is said to have none.
    @Test func otherTables() throws {
        let table = try self.table([
            "CREATE TABLE things (id INTEGER)", "CREATE TABLE \"a\"\"b\" (secret TEXT)",
            "CREATE TABLE \"my bots\" (secret TEXT)",
            "INSERT INTO \"my bots\" VALUES ('a-secret-here')",
        ]).get()
        #expect(table.rows.map(\.secret) == [Secret("a-secret-here")])
        guard case .failure(let fault) = try self.table(["CREATE TABLE things (id INTEGER)"]) else {
            Issue.record("a table without secrets was read")
            return
        }
        #expect(fault.description.contains("no table with a column named secret"))
        #expect(throws: RelayTable.Fault.self) { try RelayTable(path: "/nonexistent/database.db") }
    }
}
