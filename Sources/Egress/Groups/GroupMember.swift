// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A connection that shares the events of a group with others. Bound to its lane's event loop.
protocol GroupMember: AnyObject {
    /// How it speaks.
    var speech: SocketPresence.Speech { get }

    /// How many more events it takes now.
    var credit: Int { get }

    /// Takes events, no more than its credit; they are its own to settle.
    func take(_ deliveries: ArraySlice<GroupPage.Delivery>)

    /// Once in a while: what was written before may be with the system by now.
    func visited()

    /// The group cannot be had: the bot has as many as it may.
    func refused()
}
