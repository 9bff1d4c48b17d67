// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Which part of the relay a node is.
enum Tier: String, Sendable {
    /// Takes webhooks.
    case ingress
    /// Holds sockets.
    case egress
    /// Both in one process.
    case both = "serve"

    var takesWebhooks: Bool { self != .egress }
    var holdsSockets: Bool { self != .ingress }
    var defaultPort: Int { self == .egress ? 8081 : 8080 }
}
