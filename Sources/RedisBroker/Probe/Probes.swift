// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// A probe for each Redis that has channels. A cluster's nodes and their slots change, and so do their probes. Any
/// thread.
final class Probes: Sendable {
    /// How often the probes are matched to the nodes of a cluster, in ticks.
    private static let pause = 4

    private struct State {
        var probes: [Probe] = []
        var ticks = 0
    }

    private let client: RedisClient
    private let make: @Sendable (RedisNode, ChannelID) -> Probe
    private let state = Mutex(State())

    /// - Parameter make: a probe of a node, on one of its channels.
    init(client: RedisClient, make: @escaping @Sendable (RedisNode, ChannelID) -> Probe) {
        self.client = client
        self.make = make
    }

    /// Begins to listen.
    func start() {
        self.renew()
    }

    /// Called every `Probe.tick`.
    func tick(now: NIODeadline, on eventLoop: any EventLoop) {
        let isDue = self.state.withLock { state in
            state.ticks += 1
            return state.ticks % Self.pause == 0
        }
        if isDue { self.renew() }
        for probe in self.all { probe.tick(now: now, on: eventLoop) }
    }

    /// Creates a probe for each node that has channels, and removes those whose channel has moved to another node. At
    /// most as many nodes of a cluster have channels as there are partitions.
    private func renew() {
        let nodes = self.client.nodes
        let present = self.all
        let identities = Set(nodes.map { ObjectIdentifier($0) })
        let kept = present.filter { $0.isInPlace && identities.contains(ObjectIdentifier($0.node)) }
        let gone = present.filter { probe in !kept.contains { $0 === probe } }
        let probed = Set(kept.map { ObjectIdentifier($0.node) })
        let bare = nodes.filter { !probed.contains(ObjectIdentifier($0)) }
        guard !gone.isEmpty || !bare.isEmpty else { return }
        let new = self.client.randomChannels(on: bare).map { self.make($0.node, $0.channel) }
        self.state.withLock { $0.probes = kept + new }
        for probe in gone { probe.stop() }
        for probe in new { probe.start() }
    }

    private var all: [Probe] { self.state.withLock { $0.probes } }

    /// How many are deaf, and how many there are.
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
