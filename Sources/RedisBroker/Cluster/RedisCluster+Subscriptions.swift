// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// Routes Pub/Sub subscriptions to the nodes' subscription connections.
extension RedisCluster {
    /// Adds a Pub/Sub channel to what is subscribed, wherever its slot is.
    func subscribe(_ channel: String, at place: RedisPlace) {
        self.eventLoop.execute {
            let owner = self.owner(of: place.slot)
            self.perform(self.subscriptions.value.want(channel, slot: place.slot, owner: owner))
        }
    }

    /// Takes a Pub/Sub channel out of what is subscribed.
    func unsubscribe(_ channel: String, at place: RedisPlace) {
        self.eventLoop.execute { self.perform(self.subscriptions.value.unwant(channel, slot: place.slot)) }
    }

    func owner(of slot: UInt16) -> ClusterEndpoint? {
        self.state.withLock { $0.nodes.owner(of: slot)?.endpoint }
    }

    /// Slots have other owners, by the map. On the event loop.
    func subscriptionsFollow(_ slots: [UInt16]) {
        self.perform(self.subscriptions.value.moved(slots, now: .now()) { self.owner(of: $0) })
    }

    func perform(_ step: ClusterSubscriptions.Step) {
        guard step != ClusterSubscriptions.Step() else { return }
        for (endpoint, channels) in step.unsubscribe { self.node(endpoint)?.unsubscribe(channels) }
        if !step.lost.isEmpty {
            self.delegate?.subscriptionsLost(step.lost, reason: RedisLossReason.slotMoved.rawValue)
        }
        for (endpoint, channels) in step.subscribe { self.node(endpoint)?.subscribe(channels) }
    }

    private func node(_ endpoint: ClusterEndpoint) -> RedisNode? {
        self.state.withLock { $0.nodes.node(at: endpoint) }
    }

    private var delegate: (any RedisSubscriptionDelegate)? { self.state.withLock { $0.delegate } }

    /// A node has pushed something. Any thread.
    func message(on channel: String, payload: ByteBuffer, from endpoint: ClusterEndpoint) {
        let slot = HashSlot.ofKey(channel)
        // A node that has lost the slot without knowing it may push events that are not in the new owner's log.
        let delegate = self.state.withLock { state in
            state.nodes.map.owner(of: slot) == endpoint ? state.delegate : nil
        }
        delegate?.message(on: channel, payload: payload)
    }

    /// A node has confirmed a channel.
    func subscribed(to channel: String, at endpoint: ClusterEndpoint) {
        let slot = HashSlot.ofKey(channel)
        self.eventLoop.execute {
            // A confirmation by a previous owner of the slot is stale.
            guard self.subscriptions.value.isPlaced(channel, slot: slot, at: endpoint) else { return }
            self.delegate?.subscribed(to: channel)
        }
    }

    /// A node's subscription connection is lost, and with it these channels until it is reestablished.
    func subscriptionsLost(_ channels: Set<String>, reason: String, at endpoint: ClusterEndpoint) {
        self.eventLoop.execute {
            let lost = channels.filter {
                self.subscriptions.value.isPlaced($0, slot: HashSlot.ofKey($0), at: endpoint)
            }
            self.delegate?.subscriptionsLost(lost, reason: reason)
        }
    }

    /// A node does not serve channels of a slot.
    func dropped(_ channels: [String], _ drop: ShardDrop, at endpoint: ClusterEndpoint) {
        self.eventLoop.execute {
            let now = NIODeadline.now()
            switch drop {
            case .moved(let slot, let owner):
                self.moved(slot, to: owner)
            case .gone, .refused:
                self.state.withLock { $0.refresh.wanted() }
            }
            self.perform(self.subscriptions.value.dropped(slot: drop.slot, at: endpoint, now: now))
        }
    }
}
