// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOPosix
import RedisServer
import Shared
import Testing

@testable import RedisBroker

@Suite struct RedisBotStoreTests {
    private static let key = String(repeating: "0f", count: 32)

    private func bot(_ name: String, _ secret: String) throws -> Bot {
        Bot(name: try #require(BotName(name)), platform: .qq, secret: Secret(secret))
    }

    /// Runs `body` with a store on a server.
    private func with(
        _ server: RedisServer,
        key: String = Self.key,
        _ body: (RedisBotStore) async throws -> Void
    ) async throws {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = RedisBotStore(
            configuration: try RedisConfiguration(url: try RedisURL(server.url)),
            key: try #require(RegistryEncryptionKey(key)),
            group: MultiThreadedEventLoopGroup.singleton,
            audit: AuditLog(logger: silent),
            logger: silent
        )
        do {
            try await body(store)
        } catch {
            await store.shutdown()
            throw error
        }
        await store.shutdown()
    }

    /// Runs `body` with a store on a server and what follows it, once that has begun.
    private func following(
        _ server: RedisServer,
        _ body: (RedisBotStore, BotRegistry) async throws -> Void
    ) async throws {
        try await self.with(server) { store in
            let registry = BotRegistry()
            let following = Task { await store.follow(into: registry) }
            defer { following.cancel() }
            try await until { registry.directory != nil }
            try await body(store, registry)
        }
    }

    private func add(_ bot: Bot, to store: RedisBotStore) async throws {
        try await store.change(bot.name, BotAction(.add, by: "cli:test"), BotChange.add(bot))
    }

    /// What one adds, changes and removes, another reads; the audit has it, and Redis no secret.
    @Test func sharesBots() async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { first in
            try await self.with(server) { second in
                let bot = try self.bot("a", "topsecret-topsecret")
                #expect(try await second.bots().isEmpty)
                try await self.add(bot, to: first)
                #expect(try await second.bots() == [bot])
                try await second.change(
                    bot.name,
                    BotAction(.rotate, by: "api:127.0.0.1"),
                    BotChange.rotate(to: Secret("topsecret-too"))
                )
                #expect(try await first.bots().first?.previousSecret == Secret("topsecret-topsecret"))
                let keys = try server.command("KEYS", "*").split(separator: "\n").map(String.init)
                #expect(!keys.isEmpty && keys.allSatisfy { $0.contains("hw:{registry}:") })
                try await first.change(bot.name, BotAction(.remove, by: "cli:test"), BotChange.remove())
                #expect(try await second.bots().isEmpty)
                let audit = try await second.audit(limit: 10)
                #expect(audit.map(\.action) == ["remove", "rotate", "add"])
                #expect(audit.map(\.actor) == ["cli:test", "api:127.0.0.1", "cli:test"])
            }
        }
    }

    /// Many that change side by side lose nothing, and two bots with one secret do not come in side by side.
    @Test func changesSideBySide() async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { first in
            try await self.with(server) { second in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<12 {
                        let bot = try self.bot("bot-\(index)", index < 8 ? "secret of \(index)" : "one for all")
                        group.addTask {
                            do {
                                try await self.add(bot, to: index.isMultiple(of: 2) ? first : second)
                                return true
                            } catch let error as BotStoreError where error.reason == .conflict {
                                return false
                            }
                        }
                    }
                    let outcomes = try await group.reduce(into: []) { $0.append($1) }
                    #expect(outcomes.count { $0 } == 9)
                }
                let bots = try await first.bots()
                #expect(bots.count == 9)
                #expect(BotDirectory(bots).conflicts.isEmpty)
            }
        }
    }

    /// Adding many bots builds their directory again only after somebody else's change, which then counts.
    @Test func addsMany() async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { first in
            try await self.with(server) { second in
                try await self.add(try self.bot("a", "secret-of-a"), to: second)
                var known = RegistryDirectory()
                let action = BotAction(.import, by: "cli:test")
                try await first.add(try self.bot("b", "secret-of-b"), action, beside: &known)
                let made = known.bots
                #expect(made.bots.count == 1)
                try await first.add(try self.bot("c", "secret-of-c"), action, beside: &known)
                #expect(known.bots === made)
                try await self.add(try self.bot("other", "secret-of-d"), to: second)
                let twin = try self.bot("d", "secret-of-d")
                do throws(BotStoreError) {
                    try await first.add(twin, action, beside: &known)
                    Issue.record("two bots have one secret")
                } catch {
                    #expect(error.reason == .conflict)
                }
                #expect(known.bots !== made)
                try await first.add(try self.bot("e", "secret-of-e"), action, beside: &known)
                #expect(try await second.bots().map(\.name.text) == ["a", "b", "c", "e", "other"])
            }
        }
    }

    /// With another key nothing is read, and nothing written among what the first one wrote.
    @Test func wrongKey() async throws {
        let server = try await RedisServer.start()
        let bot = try self.bot("a", "12345678")
        try await self.with(server) { try await self.add(bot, to: $0) }
        try await self.with(server, key: String(repeating: "f0", count: 32)) { store in
            let read = await #expect(throws: BotStoreError.self) { _ = try await store.bots() }
            #expect(read?.reason == .wrongKey)
            let write = await #expect(throws: BotStoreError.self) {
                try await self.add(try self.bot("b", "12345679"), to: store)
            }
            #expect(write?.reason == .wrongKey)
            let registry = BotRegistry()
            let following = Task { await store.follow(into: registry) }
            defer { following.cancel() }
            try await until { registry.trouble?.contains("another key") == true }
            #expect(registry.directory == nil)
        }
        try await self.with(server) { store in
            let bots = try await store.bots()
            #expect(bots == [bot])
        }
    }

    /// A registry is kept over an outage of Redis and a loss of its data, and renewed by what is registered anew.
    @Test func outage() async throws {
        let server = try await RedisServer.start()
        try await self.following(server) { _, registry in
            try await self.with(server) { try await self.add(try self.bot("a", "12345678"), to: $0) }
            try await until { registry.directory?.bots.count == 1 }
            try server.command("FLUSHALL")
            try await until { registry.trouble?.contains("has lost") == true }
            #expect(registry.directory?.bots.count == 1)
            try server.stop()
            try await until { registry.trouble?.contains("has lost") == false }
            #expect(registry.directory?.bots.count == 1)
            try await server.start()
            try await self.with(server) { try await self.add(try self.bot("b", "12345679"), to: $0) }
            try await until { registry.directory?.bots.keys.map(\.text) == ["b"] }
            #expect(registry.trouble == nil)
        }
    }

    /// A node learns of a change too that it read first for one of its own, which was refused or changed nothing.
    @Test(arguments: [true, false]) func refusedChange(isRefused: Bool) async throws {
        let server = try await RedisServer.start()
        try await self.following(server) { store, registry in
            try await self.with(server) { other in
                // Nearly always the node's own look comes behind the change; once of three is enough.
                for index in 1...3 {
                    let bot = try self.bot("bot-\(index)", "secret of \(index)")
                    try await self.add(bot, to: other)
                    if isRefused {
                        await #expect(throws: BotStoreError.self) { try await self.add(bot, to: store) }
                    } else {
                        let edit = BotChange.edit { _ throws(BotStoreError) in }
                        try await store.change(bot.name, BotAction(.change, by: "api:test"), edit)
                    }
                    try await until { registry.directory?.bots.count == index }
                }
            }
        }
    }

    /// A node that looks again finds what changed, and whole again what it missed the names of.
    @Test func floor() async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { writer in
            try await self.add(try self.bot("a", "12345678"), to: writer)
            try await self.with(server) { reader in
                #expect(try await reader.bots().count == 1)
                try await self.add(try self.bot("b", "12345679"), to: writer)
                let name = try #require(BotName("a"))
                try await writer.change(name, BotAction(.remove, by: "cli:test"), BotChange.remove())
                // As after 10,000 removals, when the names of removed bots are forgotten.
                try server.command("ZREM", "hw:{registry}:changes", "a")
                try server.command("HSET", "hw:{registry}:head", "floor", "3")
                #expect(try await reader.bots().map(\.name.text) == ["b"])
            }
        }
    }

    /// Redis that was put back to an earlier state, and changed since to the same version or a later one, is read whole: what
    /// was removed there is removed here.
    @Test(arguments: [1, 2]) func putBack(changes: Int) async throws {
        let server = try await RedisServer.start()
        let keys = ["bots", "changes", "head", "marks"].map { "hw:{registry}:\($0)" }
        try await self.with(server) { reader in
            try await self.with(server) { writer in
                for name in ["a", "b", "c"] { try await self.add(try self.bot(name, "secret-of-\(name)"), to: writer) }
                for key in keys { try server.command("COPY", key, "{registry}\(key)") }
                try await self.add(try self.bot("d", "secret-of-d"), to: writer)
                #expect(try await reader.bots().map(\.name.text) == ["a", "b", "c", "d"])
            }
            for key in keys { try server.command("COPY", "{registry}\(key)", key, "REPLACE") }
            try await self.with(server) { writer in
                for name in ["a", "b"].prefix(changes) {
                    let name = try #require(BotName(name))
                    try await writer.change(name, BotAction(.remove, by: "cli:test"), BotChange.remove())
                }
            }
            #expect(try await reader.bots().map(\.name.text) == (changes == 1 ? ["b", "c"] : ["c"]))
            // What is known from then on is what Redis has.
            try await self.add(try self.bot("e", "secret-of-e"), to: reader)
            #expect(try await reader.bots().count == (changes == 1 ? 3 : 2))
        }
    }

    /// Redis that was put back and not changed since is taken over too.
    @Test func putBackOnly() async throws {
        let server = try await RedisServer.start()
        let keys = ["bots", "changes", "head", "marks"].map { "hw:{registry}:\($0)" }
        try await self.with(server) { store in
            try await self.add(try self.bot("a", "12345678"), to: store)
            for key in keys { try server.command("COPY", key, "{registry}\(key)") }
            try await self.add(try self.bot("b", "12345679"), to: store)
            for key in keys { try server.command("COPY", "{registry}\(key)", key, "REPLACE") }
            #expect(try await store.bots().map(\.name.text) == ["a"])
        }
    }

    /// The marks of the last 1,000 versions are kept, no more.
    @Test func marks() async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { store in
            try await self.add(try self.bot("a", "12345678"), to: store)
            try server.command("HSET", "hw:{registry}:head", "version", "1000")
            try await self.add(try self.bot("b", "12345679"), to: store)
            #expect(try server.command("HKEYS", "hw:{registry}:marks") == "1001")
        }
    }

    /// One record that cannot be read leaves the others to be changed, and is removed or replaced itself.
    @Test(arguments: [BotAction.Kind.remove, .add]) func damagedRecord(mend: BotAction.Kind) async throws {
        let server = try await RedisServer.start()
        try await self.with(server) { store in
            for name in ["a", "b"] { try await self.add(try self.bot(name, "secret-of-\(name)"), to: store) }
        }
        try server.command("HSET", "hw:{registry}:bots", "a", "garbage")
        try await self.with(server) { store in
            let registry = BotRegistry()
            let following = Task { await store.follow(into: registry) }
            defer { following.cancel() }
            try await until { registry.trouble?.contains("The bot a in Redis cannot be read") == true }
            #expect(registry.directory?.bots.count == 1 && !registry.isCurrent)
            let read = try await store.readableBots()
            #expect(read.bots.map(\.name.text) == ["b"])
            #expect(read.faults.count == 1 && read.faults.first?.contains("The bot a in Redis cannot be read") == true)
            let (a, b) = (try #require(BotName("a")), try #require(BotName("b")))
            try await store.change(b, BotAction(.rotate, by: "cli:test"), BotChange.rotate(to: Secret("another one")))
            #expect(try server.command("HGET", "hw:{registry}:bots", "a") == "garbage")
            let error = await #expect(throws: BotStoreError.self) {
                try await store.change(a, BotAction(.rotate, by: "cli:test"), BotChange.rotate(to: Secret("a new one")))
            }
            #expect(error?.reason == .unreadable)
            if mend == .add {
                try await self.add(try self.bot("a", "a new secret"), to: store)
            } else {
                try await store.change(a, BotAction(.remove, by: "cli:test"), BotChange.remove())
            }
            let mended = try await store.readableBots()
            #expect(mended.faults.isEmpty)
            #expect(mended.bots.map(\.name.text) == (mend == .add ? ["a", "b"] : ["b"]))
            try await until { registry.isCurrent }
        }
    }

    /// What is no registry is said to be none.
    @Test func foreignData() async throws {
        let server = try await RedisServer.start()
        try server.command("SET", "hw:{registry}:head", "x")
        try await self.with(server) { store in
            let error = await #expect(throws: BotStoreError.self) { _ = try await store.bots() }
            #expect(error?.description.contains("Redis") == true)
        }
    }
}
