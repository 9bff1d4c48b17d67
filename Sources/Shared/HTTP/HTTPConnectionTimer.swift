// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Fires where a connection's deadline is over. It is moved only when it fires: a deadline that only ever grows, as it does
/// from request to request, costs nothing. Belongs to the channel's event loop.
struct HTTPConnectionTimer {
    private var callback: NIOScheduledCallback?
    private var deadline = NIODeadline.distantFuture

    /// Makes sure that it fires no later than the deadline.
    mutating func arm(for deadline: NIODeadline, handler: HTTPConnectionHandler, context: ChannelHandlerContext) {
        guard deadline < self.deadline else { return }
        self.callback?.cancel()
        self.deadline = deadline
        // Only an event loop that is shut down refuses, and then the connection is going too.
        self.callback = try? context.eventLoop.scheduleCallback(
            at: deadline,
            handler: Target(connection: NIOLoopBound((handler, context), eventLoop: context.eventLoop))
        )
    }

    /// It has fired, and can be armed again.
    mutating func fired() {
        self.callback = nil
        self.deadline = .distantFuture
    }

    /// The connection is going.
    mutating func cancel() {
        self.callback.take()?.cancel()
    }

    private struct Target: NIOScheduledCallbackHandler, Sendable {
        let connection: NIOLoopBound<(HTTPConnectionHandler, ChannelHandlerContext)>

        func handleScheduledCallback(eventLoop: some EventLoop) {
            let (handler, context) = self.connection.value
            handler.timerFired(context: context)
        }
    }
}
