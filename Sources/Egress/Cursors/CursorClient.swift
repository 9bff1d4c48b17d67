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
