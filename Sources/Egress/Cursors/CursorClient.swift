// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A connection whose client moves a cursor. Bound to its lane's event loop.
protocol CursorClient: AnyObject {
    /// Whether all that the client was sent is with the system; false for a connection that is gone.
    var isFlushed: Bool { get }

    /// What tells how much of what was written the client has had.
    var witness: CursorWitness { get }
}

/// A client that can be asked. Bound to its lane's event loop.
protocol ProbedClient: CursorClient {
    /// Asks it for a sign that it has read everything that it was sent before.
    func probe(_ number: UInt64)

    /// Who wants to know that it has answered our goodbye, if it ever does: then, too, it has read everything.
    func whenFarewellAnswered(_ call: @escaping () -> Void)
}

/// What tells how much of what was written a client has had.
enum CursorWitness {
    /// The client itself, asked by a probe.
    case client(any ProbedClient)
    /// Our system, of a client that has no way to answer: what the next TCP endpoint has acknowledged, and how many bytes the
    /// system has not been given yet. Nil where it does not say; nil for a connection that takes no more.
    case system(Transmission?, queued: Int?)
}
