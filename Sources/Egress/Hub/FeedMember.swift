// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import Shared

/// A connection that a channel's events are delivered to. Bound to its event loop, like its group.
package protocol FeedMember: AnyObject {
    /// Its place in its group; the group's own.
    var groupIndex: Int { get set }

    /// Takes the events of a round that it has not had. May leave its group.
    func deliver(_ round: FeedRound)

    /// Learns that events were lost, and where the log stands now. Must not leave its group at once.
    func interrupted(_ reason: UnrecoverableReason, head: Position)

    /// Who it is to those who look on, where it has had everything up to a position; nil where it has not, or where it is one
    /// of those itself.
    func receipt(upTo end: Position) -> Receipt?

    /// By what it was let in; nil for the secret of a bot that is not registered.
    var admission: Admission? { get }

    /// What an operator is told of it.
    var attendee: Attendee { get }

    /// Ends because the node drains.
    func drain()

    /// Ends because what let it in does not hold any more.
    func dismiss(_ dismissal: Dismissal)
}

extension FeedMember {
    func receipt(upTo end: Position) -> Receipt? { nil }
}
