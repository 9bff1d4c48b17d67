// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

@Suite struct RegistryMirrorTests {
    private let seal: RegistrySeal
    private let other: RegistrySeal

    init() throws {
        self.seal = RegistrySeal(try #require(RegistryEncryptionKey(String(repeating: "0f", count: 32))))
        self.other = RegistrySeal(try #require(RegistryEncryptionKey(String(repeating: "f0", count: 32))))
    }

    private func bot(_ name: String, _ secret: String = "12345678") throws -> Bot {
        Bot(name: try #require(BotName(name)), platform: .qq, secret: Secret(secret))
    }

    private func page(
        _ epoch: String,
        _ version: Int,
        whole: Bool,
        _ bots: [Bot],
        removed: [String] = [],
        mark: String? = nil,
        seal: RegistrySeal? = nil
    ) throws -> RegistryPage {
        let seal = seal ?? self.seal
        var rows: [(name: BotName, sealed: [UInt8]?)] = []
        for bot in bots { rows.append((bot.name, try seal.seal(bot))) }
        for name in removed { rows.append((try #require(BotName(name)), nil)) }
        return RegistryPage(
            epoch: epoch,
            version: version,
            mark: epoch.isEmpty ? "" : mark ?? "\(version)",
            check: epoch.isEmpty ? [] : try seal.check(epoch: epoch),
            isWhole: whole,
            rows: rows
        )
    }

    private func apply(_ mirror: inout RegistryMirror, _ page: RegistryPage) throws -> RegistryMirror.Outcome {
        try mirror.apply(page, asked: mirror.position)
    }

    /// All bots, then what changed, then nothing.
    @Test func follows() throws {
        var mirror = RegistryMirror(self.seal)
        #expect(
            try self.apply(&mirror, self.page("e", 2, whole: true, [self.bot("a"), self.bot("b", "bbbbbbbb")]))
                == .changed
        )
        #expect(
            try self.apply(&mirror, self.page("e", 3, whole: false, [self.bot("c", "cccccccc")], removed: ["a"]))
                == .changed
        )
        #expect(mirror.bots.keys.map(\.text).sorted() == ["b", "c"])
        #expect(try self.apply(&mirror, self.page("e", 3, whole: false, [])) == .same)
    }

    /// An answer to what was asked before another was taken over changes nothing, and is to be asked for again.
    @Test func lateAnswers() throws {
        var mirror = RegistryMirror(self.seal)
        let asked = mirror.position
        _ = try self.apply(&mirror, self.page("e", 5, whole: true, [self.bot("new")]))
        #expect(try mirror.apply(self.page("e", 4, whole: true, [self.bot("old")]), asked: asked) == .overtaken)
        #expect(mirror.bots.keys.map(\.text) == ["new"])
    }

    /// A whole registry is taken over whatever its version: Redis was put back.
    @Test func restored() throws {
        var mirror = RegistryMirror(self.seal)
        _ = try self.apply(&mirror, self.page("e", 5, whole: true, [self.bot("new")]))
        #expect(try self.apply(&mirror, self.page("e", 4, whole: true, [self.bot("old")])) == .restored)
        #expect(mirror.bots.keys.map(\.text) == ["old"])
        #expect(try self.apply(&mirror, self.page("e", 4, whole: true, [], mark: "other")) == .restored)
        #expect(mirror.bots.isEmpty)
    }

    /// No registry is an empty one; one that was there and is gone is kept; another replaces it as a whole.
    @Test func epochs() throws {
        var mirror = RegistryMirror(self.seal)
        #expect(try self.apply(&mirror, self.page("", 0, whole: true, [])) == .changed)
        #expect(mirror.revision > 0)
        #expect(try self.apply(&mirror, self.page("", 0, whole: true, [])) == .same)
        #expect(try self.apply(&mirror, self.page("e", 9, whole: true, [self.bot("a")])) == .changed)
        #expect(try self.apply(&mirror, self.page("", 0, whole: true, [])) == .vanished)
        #expect(mirror.bots.count == 1)
        #expect(try self.apply(&mirror, self.page("f", 1, whole: false, [self.bot("b")])) == .overtaken)
        #expect(try self.apply(&mirror, self.page("f", 1, whole: true, [self.bot("b")])) == .changed)
        #expect(mirror.bots.keys.map(\.text) == ["b"])
    }

    /// With another key nothing is taken over, not even from a registry without bots.
    @Test func anotherKey() throws {
        var mirror = RegistryMirror(self.seal)
        #expect(try self.apply(&mirror, self.page("e", 1, whole: true, [self.bot("a")], seal: self.other)) == .wrongKey)
        #expect(try self.apply(&mirror, self.page("e", 1, whole: true, [], seal: self.other)) == .wrongKey)
        #expect(mirror.revision == 0)
    }

    /// A record that was changed, or put under another name, is told, and leaves that bot as it was and the others alone.
    @Test func changedRecords() throws {
        var mirror = RegistryMirror(self.seal)
        _ = try self.apply(&mirror, self.page("e", 1, whole: true, [self.bot("a"), self.bot("b", "bbbbbbbb")]))
        var page = try self.page("e", 2, whole: false, [self.bot("a", "changed!"), self.bot("b", "changed!!")])
        page.rows[0].sealed?[20] ^= 1
        #expect(try self.apply(&mirror, page) == .changed)
        #expect(mirror.unreadable.keys.map(\.text) == ["a"])
        #expect(mirror.bots.values.map(\.secret.utf8Count).sorted() == [8, 9])

        var swapped = try self.page("e", 3, whole: true, [self.bot("a"), self.bot("b", "bbbbbbbb")])
        (swapped.rows[0].sealed, swapped.rows[1].sealed) = (swapped.rows[1].sealed, swapped.rows[0].sealed)
        _ = try self.apply(&mirror, swapped)
        #expect(mirror.unreadable.count == 2)
        _ = try self.apply(&mirror, self.page("e", 4, whole: false, [self.bot("a")], removed: ["b"]))
        #expect(mirror.unreadable.isEmpty && mirror.bots.count == 1)
    }

    /// Neither a name nor a secret can be read from what Redis is given.
    @Test func nothingShows() throws {
        let sealed = try self.seal.seal(self.bot("a", "topsecret-topsecret"))
        #expect(!String(decoding: sealed, as: UTF8.self).contains("topsecret"))
        #expect(RegistryEncryptionKey("zz") == nil && RegistryEncryptionKey(String(repeating: "0", count: 63)) == nil)
    }
}
