// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The back-pressure a receiver applies to its feed. Any thread.
public enum FeedPressure: Sendable {
    /// The undelivered backlog is so large that the broker holds back acknowledgements, or stops reading, until the
    /// future completes; it would grow without bound otherwise.
    case behind(EventLoopFuture<Void>)
    /// There is room, but the receiver is in the middle of delivering: an acknowledgement waits for the future (only
    /// briefly when another channel is being delivered), so that publishers do not all return at once. Reading goes on.
    case busy(EventLoopFuture<Void>)

    /// What an acknowledgement waits for.
    public var relief: EventLoopFuture<Void> {
        switch self {
        case .behind(let future), .busy(let future): future
        }
    }
}
