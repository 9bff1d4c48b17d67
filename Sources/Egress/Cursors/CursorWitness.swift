// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What tells how much of what was written a client has had.
enum CursorWitness {
    /// The client itself, asked by a probe.
    case client(any ProbedClient)
    /// Our system, of a client that has no way to answer: what the next TCP endpoint has acknowledged, and how many bytes the
    /// system has not been given yet. Nil where it does not say; nil for a connection that takes no more.
    case system(Transmission?, queued: Int?)
}
