// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The completion of a command, called once. A lighter alternative to a future, which would be too expensive for every
/// event.
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
