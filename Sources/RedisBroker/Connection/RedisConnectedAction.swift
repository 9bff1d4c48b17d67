// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The action when the transport is connected.
enum RedisConnectedAction: Equatable {
    case ignore
    /// Send the handshake's commands, set the timer, and wait for their replies.
    case wait(timer: NIODeadline)
}
