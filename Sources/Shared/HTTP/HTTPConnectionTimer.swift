// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Fires when a connection's deadline has passed. It is rescheduled lazily, when it fires: a deadline that only moves
/// later, as it does from request to request, costs nothing. Confined to the channel's event loop.
struct HTTPConnectionTimer {
    private var callback: NIOScheduledCallback?
    private var deadline = NIODeadline.distantFuture

    /// Schedules it to fire no later than the deadline.
    mutating func arm(for deadline: NIODeadline, handler: HTTPConnectionHandler, context: ChannelHandlerContext) {
        guard deadline < self.deadline else { return }
        self.callback?.cancel()
        self.deadline = deadline
        // Fails only on an event loop that is shut down, and then the connection is closing too.
        self.callback = try? context.eventLoop.scheduleCallback(
            at: deadline,
            handler: Target(connection: NIOLoopBound((handler, context), eventLoop: context.eventLoop))
        )
    }

    /// The timer has fired and can be armed again.
    mutating func fired() {
        self.callback = nil
        self.deadline = .distantFuture
    }

    /// The connection is closing.
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
