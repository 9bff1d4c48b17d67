// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The notice to a client when its node drains, with a random reconnect delay so that clients do not all return at
/// once.
enum DrainNotice {
    /// The reconnect delays, in milliseconds. Short, since the other nodes are ready.
    private static let pauses = 100...2_000

    /// A pause of its own for a client, in milliseconds.
    static func pause() -> Int { Int.random(in: self.pauses) }

    /// For the author of the client; in no more than 123 bytes, which is what a close frame has room for.
    static func text() -> String {
        "this node is draining; connect again in \(self.pause()) ms"
    }
}
