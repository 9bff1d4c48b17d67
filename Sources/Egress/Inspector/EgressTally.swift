// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Anonymous totals that the inspector shows to anyone. Any thread.
final class EgressTally: Sendable {
    private let openSockets = Atomic<Int>(0)
    private let deliveredEvents = Atomic<Int>(0)

    /// Creates a tally of zero.
    init() {}

    /// How many sockets, streams and sessions are open.
    var sockets: Int { self.openSockets.load(ordering: .relaxed) }
    /// How many events were written to them since the node began, counted once per socket.
    var events: Int { self.deliveredEvents.load(ordering: .relaxed) }

    func opened() { self.openSockets.wrappingAdd(1, ordering: .relaxed) }
    func ended() { self.openSockets.wrappingSubtract(1, ordering: .relaxed) }
    func delivered(_ count: Int) { self.deliveredEvents.wrappingAdd(count, ordering: .relaxed) }
}
