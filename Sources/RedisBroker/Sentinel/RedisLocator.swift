// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Provides the address of a Redis that may move. Any thread.
protocol RedisLocator: AnyObject, Sendable {
    /// Asks where it is now; before each attempt to connect.
    ///
    /// - Returns: a future on `eventLoop`; its failure is a `RedisLoss`.
    func locate(on eventLoop: any EventLoop) -> EventLoopFuture<RedisURL.Address>
}
