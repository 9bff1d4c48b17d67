// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A client that can be asked. Bound to its lane's event loop.
protocol ProbedClient: CursorClient {
    /// Asks it for a sign that it has read everything that it was sent before.
    func probe(_ number: UInt64)

    /// Who wants to know that it has answered our goodbye, if it ever does: then, too, it has read everything.
    func whenFarewellAnswered(_ call: @escaping () -> Void)
}
