// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A client that answers probes. Bound to its lane's event loop.
protocol ProbedClient: CursorClient {
    /// Sends a probe, which the client answers when it has read everything sent before.
    func probe(_ number: UInt64)

    /// Calls back when the client has answered our close frame, if ever: it has then read everything sent before.
    func whenCloseAcknowledged(_ call: @escaping () -> Void)
}
