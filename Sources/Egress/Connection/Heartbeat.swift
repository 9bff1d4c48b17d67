// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The alternating kinds of a `HeartbeatWheel`'s visits to a connection.
enum Heartbeat: Sendable {
    /// Send a ping, and expect an answer.
    case ping
    /// Check whether an answer came.
    case answer
}
