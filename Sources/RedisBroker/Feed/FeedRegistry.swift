// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The feeds of a node by the names of their Pub/Sub channels, and whose turn it is to be checked.
struct FeedRegistry {
    private struct Entry {
        var feed: RedisFeed
        var turn: Int
    }

    private var entries: [String: Entry] = [:]
    private var turns: [Set<String>]
    private var nextTurn = 0
    private var dueTurn = 0

    /// - Parameter turns: how many turns there are until it is a feed's again.
    init(turns: Int) {
        self.turns = Array(repeating: [], count: max(turns, 1))
    }

    /// How many feeds there are.
    var count: Int { self.entries.count }

    /// All feeds.
    var feeds: [RedisFeed] { self.entries.values.map(\.feed) }

    /// The feed of a Pub/Sub channel.
    func feed(named name: String) -> RedisFeed? {
        self.entries[name]?.feed
    }

    /// Adds a feed, or puts it in the place of one that has ended.
    mutating func insert(_ feed: RedisFeed) {
        let name = feed.keys.feed
        if let entry = self.entries[name] { self.turns[entry.turn].remove(name) }
        self.nextTurn = (self.nextTurn + 1) % self.turns.count
        self.entries[name] = Entry(feed: feed, turn: self.nextTurn)
        self.turns[self.nextTurn].insert(name)
    }

    /// Removes a feed.
    ///
    /// - Returns: whether it was there; another one may have taken its place.
    mutating func remove(_ feed: RedisFeed) -> Bool {
        let name = feed.keys.feed
        guard let entry = self.entries[name], entry.feed === feed else { return false }
        self.entries[name] = nil
        self.turns[entry.turn].remove(name)
        return true
    }

    /// The feeds whose turn it is: each once in as many calls as there are turns.
    mutating func takeTurn() -> [RedisFeed] {
        self.dueTurn = (self.dueTurn + 1) % self.turns.count
        return self.turns[self.dueTurn].compactMap { self.entries[$0]?.feed }
    }
}
