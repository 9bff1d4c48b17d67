// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a client is told when its node drains: when to come back, each at another time, so that they do not all come at
/// once.
enum DrainNotice {
    /// When clients come back. The sooner the better: the other nodes wait for them.
    private static let pauses = 100...2_000

    /// A pause of its own for a client, in milliseconds.
    static func pause() -> Int { Int.random(in: self.pauses) }

    /// For the author of the client; in no more than 123 bytes, which is what a close frame has room for.
    static func text() -> String {
        "this node is draining; connect again in \(self.pause()) ms"
    }
}
