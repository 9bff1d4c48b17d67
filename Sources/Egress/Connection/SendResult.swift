// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The outcome of sending bytes on a WebSocket or an event stream.
enum SendResult: Sendable {
    /// They were written, or queued in the channel.
    case accepted
    /// The queue was full: they were dropped, and the connection has been closed as a slow consumer.
    case slowConsumer
    /// The connection has ended, before or just now: they were dropped.
    case closed
}
