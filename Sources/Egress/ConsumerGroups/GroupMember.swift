// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A connection that shares the events of a group with others. Bound to its lane's event loop.
protocol GroupMember: AnyObject {
    /// Its protocol.
    var speech: SocketPresence.Speech { get }

    /// How many more events it can take now.
    var credit: Int { get }

    /// Takes events, no more than its credit; it must settle them.
    ///
    /// - Parameter askedAt: when the store was asked for them.
    func take(_ deliveries: ArraySlice<GroupPage.Delivery>, askedAt: NIODeadline)

    /// Called periodically: earlier writes may have reached the kernel.
    func visited()

    /// The group was refused: the bot is at its limit of groups.
    func refused()
}
