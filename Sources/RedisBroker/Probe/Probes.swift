// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// A probe for each Redis that has channels. The nodes of a cluster come and go, and what they have changes: their probes
/// do too. Any thread.
final class Probes: Sendable {
    /// How often it is looked whether there is a probe for each node of a cluster, in ticks.
    private static let pause = 4

    private struct State {
        var probes: [Probe] = []
        /// Nodes without a channel, and how they were counted then.
        var unfit: Set<ObjectIdentifier> = []
        var ticks = 0
    }

    private let client: RedisClient
    private let make: @Sendable (RedisNode) -> Probe?
    private let state = Mutex(State())

    /// - Parameter make: a probe of a node; nil where the node has no channels.
    init(client: RedisClient, make: @escaping @Sendable (RedisNode) -> Probe?) {
        self.client = client
        self.make = make
    }

    /// Begins to listen.
    func start() {
        self.renew()
    }

    /// Looks what is to be done. Every `Probe.tick`.
    func tick(now: NIODeadline, on eventLoop: any EventLoop) {
        let isDue = self.state.withLock { state in
            state.ticks += 1
            return state.ticks % Self.pause == 0
        }
        if isDue { self.renew() }
        for probe in self.all { probe.tick(now: now, on: eventLoop) }
    }

    /// Gives each node a probe, and takes away those whose channel has gone to another node.
    private func renew() {
        let nodes = self.client.nodes
        let present = self.all
        let gone = present.filter { probe in !probe.isInPlace || !nodes.contains { $0 === probe.node } }
        let kept = present.filter { probe in !gone.contains { $0 === probe } }
        let bare = nodes.filter { node in !kept.contains { $0.node === node } }
        guard !gone.isEmpty || !bare.isEmpty else { return }
        let new = bare.compactMap { self.make($0) }
        self.state.withLock { $0.probes = kept + new }
        for probe in gone { probe.stop() }
        for probe in new { probe.start() }
    }

    private var all: [Probe] { self.state.withLock { $0.probes } }

    /// How many hear nothing, and how many there are.
    var deafness: (deaf: Int, count: Int) {
        let all = self.all
        return (all.count { $0.isDeaf }, all.count)
    }

    /// How long ago the one that has heard nothing for longest last heard itself; nil where none ever has.
    func age(now: NIODeadline) -> TimeAmount? { self.all.compactMap { $0.age(now: now) }.max() }

    // MARK: From Redis

    /// A subscription was confirmed; whether it is a probe's.
    func subscribed(to name: String) -> Bool { self.all.contains { $0.subscribed(to: name) } }

    /// Something was pushed; whether it was for a probe.
    func pushed(on name: String, payload: ByteBuffer) -> Bool {
        self.all.contains { $0.pushed(on: name, payload: payload) }
    }

    /// The subscriptions of these names are lost.
    func subscriptionsLost(_ names: Set<String>) {
        for probe in self.all { probe.subscriptionsLost(names) }
    }
}
