// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A publication that is already decided, or one the store is still working on. A broker in memory mostly returns the
/// former, and a future would double its cost.
public enum PendingPublication: Sendable {
    case done(Publication)
    case failed(BrokerError)
    /// Completes on the event loop that was named, and fails with `BrokerError` only.
    case pending(EventLoopFuture<Publication>)

    /// The publication as a future on `eventLoop`, for callers that need no fast path.
    public func future(on eventLoop: any EventLoop) -> EventLoopFuture<Publication> {
        switch self {
        case .done(let publication): eventLoop.makeSucceededFuture(publication)
        case .failed(let error): eventLoop.makeFailedFuture(error)
        case .pending(let future): future
        }
    }
}
