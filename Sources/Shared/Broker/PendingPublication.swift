// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A publication that is decided already, or that the store is still at work on. Most of a broker in memory are the
/// former, and a future costs as much as all else that it does.
public enum PendingPublication: Sendable {
    case done(Publication)
    case failed(BrokerError)
    /// Completes on the event loop that was named, and fails with `BrokerError` only.
    case pending(EventLoopFuture<Publication>)

    /// The publication as a future on `eventLoop`, for those to whom it is all the same.
    public func future(on eventLoop: any EventLoop) -> EventLoopFuture<Publication> {
        switch self {
        case .done(let publication): eventLoop.makeSucceededFuture(publication)
        case .failed(let error): eventLoop.makeFailedFuture(error)
        case .pending(let future): future
        }
    }
}
