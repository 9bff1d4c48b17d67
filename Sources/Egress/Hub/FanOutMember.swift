// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import Shared

/// A connection that a channel's events are delivered to. Bound to its event loop, like its group.
package protocol FanOutMember: AnyObject {
    /// Its index in its group; owned by the group.
    var fanOutIndex: Int { get set }

    /// Takes the events of a round that it has not received. May leave its group.
    func deliver(_ round: FeedRound)

    /// Called when events were lost, with the log's head. Must not leave its group synchronously.
    func interrupted(_ reason: UnrecoverableReason, head: Position)

    /// Its description for observers, if it has received everything up to a position; nil if it has not, or if it is an
    /// observer itself.
    func deliveryNote(upTo end: Position) -> DeliveryNote?

    /// The credential that admitted it; nil for an unregistered bot's secret.
    var admission: Admission? { get }

    /// Its details for operators.
    var presenceDetails: PresenceDetails { get }

    /// Ends because the node drains.
    func drain()

    /// Ends because its access was lost.
    func dismiss(_ accessLoss: AccessLoss)
}

extension FanOutMember {
    func deliveryNote(upTo end: Position) -> DeliveryNote? { nil }
}
