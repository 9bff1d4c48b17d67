// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Who gets what became of a command; once. A future is one of its kind, and for the command of every event too dear.
struct RedisReceiver: Sendable {
    /// Takes the reply, or a `RedisError` or `BrokerError`. On the connection's event loop.
    let receive: @Sendable (Result<RESPValue, any Error>) -> Void

    init(_ receive: @escaping @Sendable (Result<RESPValue, any Error>) -> Void) {
        self.receive = receive
    }

    /// Completes a promise.
    init(_ promise: EventLoopPromise<RESPValue>) {
        self.receive = { promise.completeWith($0) }
    }

    /// There is no reply.
    func fail(_ error: BrokerError) {
        self.receive(.failure(error))
    }
}
