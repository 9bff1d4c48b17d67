// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// The observations of one process, for brokers that span only one process. Any thread.
package final class LocalReports: Sendable {
    private let observers = LocalObservers()
    private let budget = Mutex(ObservationBudget(now: .now()))

    /// Creates the reports with no observers.
    package init() {}

    /// Hands an observation to the channel's observers, if there are any and the budget allows it.
    package func report(on channel: ChannelID, _ make: () -> Observation) {
        guard self.observers.isObserved(channel),
            self.budget.withLock({ $0.take(on: channel, now: .now()) })
        else { return }
        let observation = make()
        guard observation.json.readableBytes <= Observation.limit else { return }
        self.observers.tell(observation, on: channel)
    }

    /// Whether a channel has observers.
    package func isObserved(_ channel: ChannelID) -> Bool { self.observers.isObserved(channel) }

    /// Adds an observer.
    package func observe(_ channel: ChannelID, with receiver: any ObservationReceiver) -> any ObservationSubscription {
        self.observers.add(receiver, to: channel)
    }
}
