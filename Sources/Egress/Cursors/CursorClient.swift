// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A connection whose client moves a cursor. Bound to its lane's event loop.
protocol CursorClient: AnyObject {
    /// Whether everything sent to the client was handed to the kernel; false for a closed connection.
    var isFlushed: Bool { get }

    /// How receipt is confirmed: by the client's pong, or by its TCP stack.
    var witness: CursorWitness { get }
}
