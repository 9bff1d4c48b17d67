// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How receipt is confirmed: by the client's pong, or by its TCP stack.
enum CursorWitness {
    /// The client itself, by answering a probe.
    case client(any ProbedClient)
    /// Our kernel, for a client that cannot answer: what the next TCP endpoint has acknowledged, nil if unknown, and
    /// how many bytes have not been handed to the kernel yet, nil for a closed connection.
    case system(Transmission?, queued: Int?)
}
