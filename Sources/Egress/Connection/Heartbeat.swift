// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a connection is visited for by the `HeartbeatWheel`, in turns.
enum Heartbeat: Sendable {
    /// Send a sign of life, and expect one back.
    case ping
    /// See whether an answer came.
    case answer
}
