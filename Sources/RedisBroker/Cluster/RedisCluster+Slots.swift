// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Synchronization

/// Refreshes the slot map.
extension RedisCluster {
    /// Called periodically. On the event loop.
    func ticked() {
        let now = NIODeadline.now()
        let (retired, isAsking) = self.state.withLock { state -> ([RedisNode], Bool) in
            guard !state.isEnded else { return ([], false) }
            let isTroubled = state.nodes.masters.contains { $0.node.isTroubled(within: .zero) }
            if isTroubled || state.nodes.isIncomplete { state.refresh.wanted() }
            let retired = state.nodes.tick(now: now)
            if !retired.isEmpty { self.metrics.nodeCount(state.nodes.count) }
            return (retired, state.refresh.tick(now: now))
        }
        for node in retired { Task { await node.shutdown() } }
        if isAsking { self.refresh() }
        let step = self.subscriptions.value.tick(now: now) { slot in self.owner(of: slot) }
        self.perform(step)
    }

    /// Requests the map from one node after the other until one answers.
    private func refresh() {
        let (known, isEnded) = self.state.withLock { state in
            let masters = state.nodes.masters
            return (masters.map { ($0.endpoint, !$0.node.isTroubled(within: .zero)) }, state.isEnded)
        }
        guard !isEnded else { return }
        // Working nodes first, shuffled so that relay nodes do not all ask the same one.
        let working = known.filter(\.1).map(\.0).shuffled()
        let seeds = self.configuration.seeds.shuffled().filter { !working.contains($0) }
        let others = known.filter { !$0.1 && !seeds.contains($0.0) }.map(\.0).shuffled()
        let candidates = working.prefix(3) + seeds.prefix(3) + others.prefix(1)
        let question = self.ask(candidates[...], fallback: nil)
        self.state.withLock { $0.question = question }
    }

    private func ask(
        _ candidates: ArraySlice<ClusterEndpoint>,
        fallback: (SlotAnswer, from: ClusterEndpoint)?
    ) -> EventLoopFuture<Void> {
        guard let endpoint = candidates.first, !self.state.withLock({ $0.isEnded }) else {
            if let fallback { self.learned(fallback.0, from: fallback.from) } else { self.finished(.failed) }
            return self.eventLoop.makeSucceededVoidFuture()
        }
        let promise = self.eventLoop.makePromise(of: Void.self)
        SlotQuery.run(self.configuration(at: endpoint), at: endpoint, on: self.eventLoop).whenComplete { result in
            switch result {
            // A partitioned node believes that the cluster is down.
            case .success(let answer) where answer.isDown:
                promise.completeWith(self.ask(candidates.dropFirst(), fallback: fallback ?? (answer, endpoint)))
            case .success(let answer):
                self.learned(answer, from: endpoint)
                promise.succeed()
            case .failure(let error):
                self.failed(error, at: endpoint)
                promise.completeWith(self.ask(candidates.dropFirst(), fallback: fallback))
            }
        }
        return promise.futureResult
    }

    private func learned(_ answer: SlotAnswer, from endpoint: ClusterEndpoint) {
        let now = NIODeadline.now()
        let changes = self.state.withLock { state -> [UInt16] in
            guard !state.isEnded else { return [] }
            state.trouble = nil
            for master in answer.map.masters { _ = self.connect(master, &state) }
            let changes = state.nodes.apply(answer, now: now)
            self.metrics.nodeCount(state.nodes.count)
            return changes
        }
        if !changes.isEmpty {
            self.logger.notice(
                "the slots of the Redis cluster are known",
                metadata: [
                    "told_by": "\(endpoint)", "masters": "\(answer.map.masters.count)", "changed": "\(changes.count)",
                    "unserved": "\(answer.map.unassignedCount)",
                ]
            )
        }
        self.finished(changes.isEmpty ? .unchanged : .changed)
        self.subscriptionsFollow(changes)
    }

    private func failed(_ error: any Error, at endpoint: ClusterEndpoint) {
        let sentence = "\(endpoint): \(error)"
        let isNews = self.state.withLock { state in
            defer { state.trouble = sentence }
            return state.trouble != sentence
        }
        self.logger.log(
            level: isNews ? .warning : .debug,
            "a node of the Redis cluster does not say who has which slots",
            metadata: ["node": "\(endpoint)", "detail": "\(error)"]
        )
    }

    private func finished(_ outcome: SlotRefreshStateMachine.Outcome) {
        self.metrics.refreshed(outcome)
        var random = SystemRandomNumberGenerator()
        self.state.withLock { $0.refresh.finished(outcome, now: .now(), using: &random) }
    }
}
