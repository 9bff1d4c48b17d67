// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The codes of a close frame that tell a client more than to connect again.
enum RelayCloseCode: Int {
    /// The node drains; its reason says when to come back.
    case serviceRestart = 1012
    /// The relay wants the client later; its reason may say when.
    case tryAgainLater = 1013
    /// The client's credential is no longer valid; the relay's own code, used only on sockets of its own protocols.
    case revoked = 4001
}
