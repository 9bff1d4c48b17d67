// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What became of bytes given to a WebSocket or to an event stream to send.
enum SendResult: Sendable {
    /// They are on their way, or in the channel's queue.
    case accepted
    /// The queue was full: they were dropped, and the connection has just ended as a slow consumer.
    case slowConsumer
    /// The connection has ended, before or just now: they were dropped.
    case closed
}
