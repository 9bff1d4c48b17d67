// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a broker operation failed. The raw value is also a metric label.
public enum BrokerError: String, Error, Sendable, CaseIterable {
    /// The store cannot be reached.
    case unavailable
    /// The store did not answer in time; the event may or may not be stored.
    case timeout
    /// The event is stored, but by fewer servers than it must be before it is acknowledged.
    case unreplicated
    /// Too many commands are already waiting for the store.
    case overloaded
    /// The channel is at its limit of consumers or groups, and this would be another one.
    case tooManyConsumers = "too_many_consumers"
    /// The store answered with an error.
    case refused
    /// The broker was shut down.
    case closed
    /// The event needs more memory than the whole log may use, or more bytes than the store accepts at once.
    case eventTooLarge = "event_too_large"
}

extension BrokerError: CustomStringConvertible {
    /// A sentence for an operator.
    public var description: String {
        switch self {
        case .unavailable: "The broker's store cannot be reached or written; /readyz and the node's log say why."
        case .timeout: "The broker's store did not answer in time; check its load and the network."
        case .unreplicated:
            "The event is stored, but fewer replicas have it than --redis-wait asks for; check them, and send it again."
        case .overloaded: "Too many events wait for the broker's store; add capacity or slow the senders."
        case .tooManyConsumers:
            "The channel has \(ConsumerName.limit) consumers or groups already; use one of their names."
        case .refused: "The broker's store refused a command; its own log says why."
        case .closed: "The broker is shut down."
        case .eventTooLarge:
            "The event is too large for the broker; lower --body-limit, or raise --memory-limit or --data-limit."
        }
    }
}
