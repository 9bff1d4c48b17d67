// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What a receiver asks of whoever feeds it. From any thread.
public enum FeedPressure: Sendable {
    /// So much has not been delivered that the broker holds back acknowledgements, or stops reading, until the future
    /// completes; a backlog would grow without end otherwise.
    case behind(EventLoopFuture<Void>)
    /// There is room, but the receiver is in the middle of delivering: an acknowledgement waits for the future, soon where
    /// that is not of the same channel, so that publishers do not come back all at once. Nothing stops reading for it.
    case busy(EventLoopFuture<Void>)

    /// What an acknowledgement waits for.
    public var relief: EventLoopFuture<Void> {
        switch self {
        case .behind(let future), .busy(let future): future
        }
    }
}
