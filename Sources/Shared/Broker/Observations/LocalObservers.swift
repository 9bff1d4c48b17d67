// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The observers of one process. Any thread.
package final class LocalObservers: Sendable {
    private struct State {
        var receivers: [ChannelID: [UInt64: any ObservationReceiver]] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())
    /// The number of channels with observers, so that the check costs one atomic load where there are none.
    private let count = Atomic<Int>(0)

    /// Creates an empty set of observers.
    package init() {}

    /// Whether there are no observers at all.
    package var isEmpty: Bool { self.count.load(ordering: .relaxed) == 0 }

    /// Whether a channel has observers.
    package func isObserved(_ channel: ChannelID) -> Bool {
        !self.isEmpty && self.state.withLock { $0.receivers[channel] != nil }
    }

    /// The channels that have observers.
    package var channels: [ChannelID] { self.state.withLock { Array($0.receivers.keys) } }

    /// Adds an observer.
    ///
    /// - Parameters:
    ///   - began: called for the channel's first observer, under the lock, so that calls for one channel are in order.
    ///   - ended: called likewise when the channel's last observer is gone.
    package func add(
        _ receiver: any ObservationReceiver,
        to channel: ChannelID,
        began: () -> Void = {},
        ended: @escaping @Sendable () -> Void = {}
    ) -> any ObservationSubscription {
        let number = self.state.withLock { state in
            state.lastNumber += 1
            state.receivers[channel, default: [:]][state.lastNumber] = receiver
            if state.receivers[channel]?.count == 1 { began() }
            self.count.store(state.receivers.count, ordering: .relaxed)
            return state.lastNumber
        }
        return LocalObservation { [weak self] in self?.remove(number, from: channel, ended: ended) }
    }

    /// Hands an observation to the channel's observers.
    package func tell(_ observation: Observation, on channel: ChannelID) {
        let receivers = self.state.withLock { $0.receivers[channel].map { Array($0.values) } ?? [] }
        for receiver in receivers { receiver.receive(observation) }
    }

    /// Removes all observers.
    package func end() {
        self.state.withLock { $0.receivers = [:] }
        self.count.store(0, ordering: .relaxed)
    }

    private func remove(_ number: UInt64, from channel: ChannelID, ended: () -> Void) {
        self.state.withLock { state in
            guard state.receivers[channel]?.removeValue(forKey: number) != nil else { return }
            if state.receivers[channel]?.isEmpty == true {
                state.receivers[channel] = nil
                ended()
            }
            self.count.store(state.receivers.count, ordering: .relaxed)
        }
    }
}

private final class LocalObservation: ObservationSubscription {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    deinit {
        self.end()
    }

    func cancel() {
        self.end()
    }
}
