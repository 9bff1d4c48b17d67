// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Logging
import NIOCore
import Shared
import Synchronization
import Testing

@testable import BotFile

@Suite struct BotFileStoreTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func store(_ notice: @escaping @Sendable (String) -> Void = { _ in }) -> BotFileStore {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return BotFileStore(
            path: self.folder.file("bots.yaml"),
            logger: silent,
            audit: AuditLog(logger: silent),
            notice: notice
        )
    }

    private func name(_ text: String) throws -> BotName { try #require(BotName(text)) }

    private func bot(_ name: String, _ secret: String) throws -> Bot {
        Bot(name: try self.name(name), platform: .qq, secret: Secret(secret))
    }

    private func add(_ bot: Bot, to store: BotFileStore) async throws {
        try await store.change(bot.name, BotAction(.add, by: "cli:test"), BotChange.add(bot))
    }

    // MARK: Changing

    /// What is added is read again as it was, and the new file is its owner's only.
    @Test func addsToNothing() async throws {
        var bot = try self.bot("full", "a secret: of #signs and \"quotes\"")
        bot.previousSecret = Secret("- the one before")
        bot.options.verifyToken = Secret("~")
        bot.options.waitsForReply = true
        bot.limits.requests = RateLimit(rate: 20.0 / 60, burst: 7)
        bot.retention = BotRetention(count: 5, age: .hours(2))
        bot.allowedOrigins = ["https://bot.example"]
        bot.tokens = [
            SocketToken(
                label: try self.name("true"),
                hash: TokenHash(of: Secret("t")),
                scopes: [.admin],
                expiry: 1_900_000_000_000
            )
        ]
        let second = try self.bot("123", "12345678")
        try await self.add(bot, to: self.store())
        try await self.add(second, to: self.store())
        #expect(try await self.store().bots() == [bot, second])
        #expect(try self.folder.mode("bots.yaml") == 0o600)
    }

    /// The comment at the top and the permissions stay; comments within are told to be lost, and the former file is kept.
    @Test func keepsWhatItCan() async throws {
        let text = "# Ours.\n# Ask Li.\n\nbots:\n  a:\n    platform: qq  # at work\n    secret: 12345678\n"
        try self.folder.write("bots.yaml", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: self.folder.file("bots.yaml"))
        let notices = Mutex<[String]>([])
        let store = self.store { notice in notices.withLock { $0.append(notice) } }
        try await self.add(try self.bot("b", "12345679"), to: store)
        #expect(try self.folder.read("bots.yaml").hasPrefix("# Ours.\n# Ask Li.\nbots:\n  a:\n"))
        #expect(try self.folder.read("bots.yaml~") == text)
        #expect(try self.folder.mode("bots.yaml") == 0o640)
        #expect(try self.folder.mode("bots.yaml~") == 0o640)
        #expect(notices.withLock { $0.count } == 1)
        // Now there are none within, so that there is nothing to say.
        try await self.add(try self.bot("c", "12345670"), to: store)
        #expect(notices.withLock { $0.count } == 1)
        #expect(try await store.bots().map(\.name.text) == ["a", "b", "c"])
    }

    /// Writers side by side lose none of each other's changes.
    @Test func writersSideBySide() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await self.add(try self.bot("bot-\(index)", "secret of \(index)"), to: self.store())
                }
            }
            try await group.waitForAll()
        }
        #expect(try await self.store().bots().count == 20)
        let left = try FileManager.default.contentsOfDirectory(atPath: self.folder.path)
        #expect(Set(left) == ["bots.yaml", "bots.yaml.lock"])
    }

    /// A file that is wrong is not written over.
    @Test func wrongFileStays() async throws {
        try self.folder.write("bots.yaml", "bots:\n  a: {platform: icq}\n")
        await #expect(throws: BotStoreError.self) {
            try await self.add(try self.bot("b", "12345679"), to: self.store())
        }
        #expect(try self.folder.read("bots.yaml") == "bots:\n  a: {platform: icq}\n")
    }

    /// A link to the file stays a link.
    @Test func linkStays() async throws {
        try self.folder.write("real.yaml", "bots: {}\n")
        try FileManager.default.createSymbolicLink(
            atPath: self.folder.file("bots.yaml"),
            withDestinationPath: self.folder.file("real.yaml")
        )
        try await self.add(try self.bot("a", "12345678"), to: self.store())
        #expect(try self.folder.read("real.yaml").contains("12345678"))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: self.folder.file("bots.yaml"))
                == self.folder.file("real.yaml")
        )
    }

    /// A secret in a file of its own is never copied, other changes leave it there, and its rotation says what to do.
    @Test func secretFiles() async throws {
        try self.folder.write("s.txt", "from a file 1\n")
        try self.folder.write("bots.yaml", "bots:\n  a:\n    platform: qq\n    secret_file: s.txt\n")
        let name = try self.name("a")
        let token = SocketToken(label: try self.name("t"), hash: TokenHash(of: Secret("t")), scopes: [.receive])
        try await self.store().change(name, BotAction(.addToken, by: "cli:test"), BotChange.add(token))
        let text = try self.folder.read("bots.yaml")
        #expect(text.contains("secret_file: \"s.txt\"") && !text.contains("from a file"))
        #expect(try await self.store().bots().first?.secret == Secret("from a file 1"))
        let error = await #expect(throws: BotStoreError.self) {
            try await self.store().change(
                name,
                BotAction(.rotate, by: "cli:test"),
                BotChange.rotate(to: Secret("another one"))
            )
        }
        #expect(error?.description.contains("previous_secret_file") == true)
        #expect(try self.folder.read("bots.yaml") == text)
    }

    /// In the middle of a rotation by files both have the same secret: other changes leave the file of the previous one named.
    @Test func rotationByFiles() async throws {
        try self.folder.write("new.txt", "from a file 1\n")
        try self.folder.write("old.txt", "from a file 1\n")
        try self.folder.write(
            "bots.yaml",
            "bots:\n  a: {platform: qq, secret_file: new.txt, previous_secret_file: old.txt}\n"
        )
        let token = SocketToken(label: try self.name("t"), hash: TokenHash(of: Secret("t")), scopes: [.receive])
        try await self.store().change(try self.name("a"), BotAction(.addToken, by: "cli:test"), BotChange.add(token))
        try self.folder.write("new.txt", "from a file 2\n")
        let bot = try await self.store().bots().first
        #expect(bot?.secret == Secret("from a file 2") && bot?.previousSecret == Secret("from a file 1"))
    }

    /// A file of the previous secret that is still the present one's is no rotation under way, and is said to be in the way.
    @Test func previousSecretFileBeforeARotation() async throws {
        try self.folder.write("old.txt", "the present one\n")
        try self.folder.write(
            "bots.yaml",
            "bots:\n  a: {platform: qq, secret: the present one, previous_secret_file: old.txt}\n"
        )
        let error = await #expect(throws: BotStoreError.self) {
            try await self.store().change(
                try self.name("a"),
                BotAction(.rotate, by: "cli:test"),
                BotChange.rotate(to: Secret("another one"))
            )
        }
        #expect(error?.description.contains("no rotation is under way; remove previous_secret_file") == true)
    }

    // MARK: Following

    /// Waits for what the registry shall hold: it looks at the file by itself.
    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while !condition() {
            try #require(ContinuousClock.now < end, "nothing has happened")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The file, a secret's file and a request are noticed; what is wrong leaves the bots known, and says so.
    @Test func follows() async throws {
        try self.folder.write("s.txt", "from a file 1")
        try self.folder.write("bots.yaml", "bots:\n  a:\n    platform: qq\n    secret_file: s.txt\n")
        let registry = BotRegistry()
        let store = self.store()
        try store.begin(registry)
        #expect(registry.directory?.bots.count == 1)
        let following = Task { await store.follow(into: registry) }
        defer { following.cancel() }
        func secrets() -> Set<Secret> { Set(registry.directory?.bots.values.map(\.secret) ?? []) }

        try self.folder.write("s.txt", "from a file 2")
        try await self.until { secrets() == [Secret("from a file 2")] }
        try self.folder.write("s.txt", "short")
        try await self.until { registry.trouble?.contains("bots.yaml:4: ") == true }
        #expect(secrets() == [Secret("from a file 2")])
        try FileManager.default.removeItem(atPath: self.folder.file("s.txt"))
        try await self.until { registry.trouble?.contains("No such file") == true }
        try self.folder.write("s.txt", "from a file 3")
        try await self.until { secrets() == [Secret("from a file 3")] }
        #expect(registry.trouble == nil)
        try self.folder.write("bots.yaml", "bots: {}\n")
        try await self.until { registry.directory?.bots.isEmpty == true }
        try FileManager.default.removeItem(atPath: self.folder.file("bots.yaml"))
        try await self.until { registry.trouble?.contains("cannot be read") == true }
        // As a mounted secret changes: a link to another folder.
        try self.folder.write("two.yaml", "bots:\n  b: {platform: qq, secret: 12345678}\n")
        try FileManager.default.createSymbolicLink(
            atPath: self.folder.file("bots.yaml"),
            withDestinationPath: self.folder.file("two.yaml")
        )
        try await self.until { secrets() == [Secret("12345678")] }
    }

    /// A file that is mounted by itself and was replaced outside stays the old one: its bots stay, and the registry
    /// says so, until the path leads elsewhere.
    @Test func replacedOutsideOfItsMount() async throws {
        try self.folder.write("outside.yaml", "bots:\n  a: {platform: qq, secret: 12345678}\n")
        let descriptor = open(self.folder.file("outside.yaml"), O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let path = self.folder.file("bots.yaml")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/self/fd/\(descriptor)")
        let registry = BotRegistry()
        let store = self.store()
        try store.begin(registry)
        let following = Task { await store.follow(into: registry) }
        defer { following.cancel() }
        try self.folder.write("outside.yaml", "bots: {}\n")
        try await self.until { registry.trouble?.contains("mount its folder") == true }
        #expect(registry.directory?.bots.count == 1)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(
            atPath: path,
            withDestinationPath: self.folder.file("outside.yaml")
        )
        try await self.until { registry.directory?.bots.isEmpty == true && registry.trouble == nil }
    }

    /// Observers hear of a file that says something else, and not of one that was only touched.
    @Test func touchIsNoChange() async throws {
        try self.folder.write("bots.yaml", "bots:\n  a: {platform: qq, secret: 12345678}\n")
        let registry = BotRegistry()
        let store = self.store()
        try store.begin(registry)
        let changes = Mutex(0)
        registry.observe { _, _ in changes.withLock { $0 += 1 } }
        let following = Task { await store.follow(into: registry) }
        defer { following.cancel() }
        try self.folder.write("bots.yaml", "# The same.\nbots:\n  a: {platform: qq, secret: 12345678}\n")
        store.readAgain()
        try self.folder.write(
            "bots.yaml",
            "bots:\n  a: {platform: qq, secret: 12345678}\n  b: {platform: qq, secret: 12345679}\n"
        )
        try await self.until { registry.directory?.bots.count == 2 }
        #expect(changes.withLock { $0 } == 1)
    }

    /// A file that is being written in place is not taken over before it stands still: whoever is not there yet would be
    /// taken for removed.
    @Test func slowWriter() async throws {
        let a = "  a: {platform: qq, secret: 12345678}\n"
        let b = "  b: {platform: qq, secret: 12345679}\n"
        try self.folder.write("bots.yaml", "bots:\n" + a + b)
        let registry = BotRegistry()
        let store = self.store()
        try store.begin(registry)
        let counts = Mutex<[Int]>([])
        registry.observe { _, new in counts.withLock { $0.append(new.bots.count) } }
        let following = Task { await store.follow(into: registry) }
        defer { following.cancel() }
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            try self.folder.write("bots.yaml", "bots:\n" + a)
            try await Task.sleep(for: .milliseconds(5))
        }
        try self.folder.write("bots.yaml", "bots:\n" + a + b + "  c: {platform: qq, secret: 12345670}\n")
        try await self.until { registry.directory?.bots.count == 3 }
        #expect(counts.withLock { $0 } == [3])
    }

    /// Many are added in one change, or none of them.
    @Test func addsMany() async throws {
        let bots = try (0..<500).map { try self.bot("bot-\($0)", "secret of \($0)") }
        try await self.store().add(bots, BotAction(.import, by: "cli:test"))
        #expect(try await self.store().bots() == bots)
        let text = try self.folder.read("bots.yaml")
        await #expect(throws: BotStoreError.self) {
            let more = [try self.bot("new", "a new secret"), try self.bot("other", "secret of 7")]
            try await self.store().add(more, BotAction(.import, by: "cli:test"))
        }
        #expect(try self.folder.read("bots.yaml") == text)
    }

    /// A change after which the file could not be read again is refused, and leaves it as it is.
    @Test func neverWritesWhatItCannotRead() async throws {
        try await self.add(try self.bot("a", "12345678"), to: self.store())
        let text = try self.folder.read("bots.yaml")
        var bot = try self.bot("b", "12345679")
        bot.options.scheme = "{"
        let error = await #expect(throws: BotStoreError.self) { try await self.add(bot, to: self.store()) }
        #expect(error?.reason == .invalid)
        #expect(try self.folder.read("bots.yaml") == text)
    }

    /// A node does not begin with a file that is wrong.
    @Test func beginsWithNothingWrong() throws {
        try self.folder.write("bots.yaml", "bots:\n  a: {platform: icq}\n")
        let error = #expect(throws: BotStoreError.self) { try self.store().begin(BotRegistry()) }
        #expect(error?.reason == .unreadable)
    }
}
