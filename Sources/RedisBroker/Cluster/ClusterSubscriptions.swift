// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tracks the wanted Pub/Sub channels of a cluster, and the node at which each slot's channels are subscribed: they
/// follow the slot's owner. No IO and no clock of its own.
struct ClusterSubscriptions {
    private struct Slot {
        var channels: Set<String> = []
        /// Where they are subscribed; nil while unknown or postponed.
        var node: ClusterEndpoint?
        /// When to subscribe at the slot's owner then.
        var retry: NIODeadline?
        /// How often the slot moved without a quiet period in between.
        var moves = 0
        var lastMove = NIODeadline.distantPast
    }

    /// A quiet time.
    private static let quiet = TimeAmount.seconds(2)
    /// How many moves are followed without a pause; nodes that disagree could otherwise bounce us back and forth.
    private static let movesAtOnce = 3
    private static let firstPause = TimeAmount.milliseconds(50)
    private static let longestPause = TimeAmount.seconds(1)

    /// The actions to take, in this order.
    struct Step: Equatable {
        var unsubscribe: [ClusterEndpoint: [String]] = [:]
        /// Channels whose messages are lost until they are subscribed again.
        var lost: Set<String> = []
        var subscribe: [ClusterEndpoint: [String]] = [:]
    }

    private var slots: [UInt16: Slot] = [:]
    /// Slots with a `retry`.
    private var retries: Set<UInt16> = []

    /// How many channels are wanted.
    var count: Int { self.slots.values.reduce(0) { $0 + $1.channels.count } }

    /// Whether a channel was requested at this node.
    func isPlaced(_ name: String, slot: UInt16, at node: ClusterEndpoint) -> Bool {
        guard let entry = self.slots[slot] else { return false }
        return entry.node == node && entry.channels.contains(name)
    }

    // MARK: What is wanted

    /// A channel is wanted, or requested again.
    ///
    /// - Parameter owner: the slot's owner, if known.
    mutating func want(_ name: String, slot: UInt16, owner: ClusterEndpoint?) -> Step {
        var entry = self.slots[slot] ?? Slot()
        if entry.channels.isEmpty { entry.node = owner }
        entry.channels.insert(name)
        self.slots[slot] = entry
        guard let node = entry.node else { return Step() }
        return Step(subscribe: [node: [name]])
    }

    /// A channel is not wanted any more.
    mutating func unwant(_ name: String, slot: UInt16) -> Step {
        guard var entry = self.slots[slot], entry.channels.remove(name) != nil else { return Step() }
        let node = entry.node
        self.set(entry, slot)
        return Step(unsubscribe: node.map { [$0: [name]] } ?? [:])
    }

    private mutating func set(_ entry: Slot, _ slot: UInt16) {
        self.slots[slot] = entry.channels.isEmpty ? nil : entry
        if entry.channels.isEmpty || entry.retry == nil {
            self.retries.remove(slot)
        } else {
            self.retries.insert(slot)
        }
    }

    // MARK: What the cluster does

    /// Slots have other owners, by the map.
    mutating func moved(
        _ slots: some Sequence<UInt16>,
        now: NIODeadline,
        owner: (UInt16) -> ClusterEndpoint?
    ) -> Step {
        var step = Step()
        for slot in slots {
            guard var entry = self.slots[slot] else { continue }
            let owner = owner(slot)
            guard entry.node != owner || owner == nil else { continue }
            if let node = entry.node {
                step.unsubscribe[node, default: []] += entry.channels
                step.lost.formUnion(entry.channels)
            }
            // A move from no owner to one is not counted as a move.
            let pause = entry.node == nil && entry.retry == nil ? nil : Self.moved(&entry, now: now)
            entry.node = nil
            entry.retry = pause.map { now + $0 }
            if let owner, pause == nil {
                entry.node = owner
                step.subscribe[owner, default: []] += entry.channels
            }
            self.set(entry, slot)
        }
        return step
    }

    /// A node no longer serves a slot's channels, or refuses them: they are subscribed again at the slot's next owner.
    mutating func dropped(slot: UInt16, at node: ClusterEndpoint, now: NIODeadline) -> Step {
        guard var entry = self.slots[slot], entry.node == node else { return Step() }
        let pause = Self.moved(&entry, now: now) ?? Self.firstPause
        entry.node = nil
        entry.retry = now + pause
        self.set(entry, slot)
        // Some may still be subscribed there.
        return Step(unsubscribe: [node: Array(entry.channels)], lost: entry.channels)
    }

    /// Counts a move.
    ///
    /// - Returns: how long to wait before the next; nil where it is followed at once.
    private static func moved(_ entry: inout Slot, now: NIODeadline) -> TimeAmount? {
        if entry.lastMove == .distantPast || entry.lastMove + self.quiet <= now { entry.moves = 0 }
        entry.lastMove = now
        entry.moves += 1
        guard entry.moves > self.movesAtOnce else { return nil }
        let pause = self.firstPause.nanoseconds << min(entry.moves - self.movesAtOnce - 1, 5)
        return .nanoseconds(min(pause, self.longestPause.nanoseconds))
    }

    /// Some time has passed.
    mutating func tick(now: NIODeadline, owner: (UInt16) -> ClusterEndpoint?) -> Step {
        var step = Step()
        for slot in self.retries {
            guard var entry = self.slots[slot], let retry = entry.retry, retry <= now, let owner = owner(slot)
            else { continue }
            entry.retry = nil
            entry.node = owner
            step.subscribe[owner, default: []] += entry.channels
            self.set(entry, slot)
        }
        return step
    }
}
