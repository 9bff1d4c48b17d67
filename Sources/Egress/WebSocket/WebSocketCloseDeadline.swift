// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The timer of a closing handshake. Only a socket that closes has one.
final class WebSocketCloseDeadline: NIOScheduledCallbackHandler {
    private var handler: WebSocketHandler?
    private var callback: NIOScheduledCallback?

    private init(handler: WebSocketHandler) {
        self.handler = handler
    }

    /// Starts the timer. On the event loop.
    static func start(for handler: WebSocketHandler, in time: TimeAmount, on eventLoop: any EventLoop) -> Self {
        let deadline = Self(handler: handler)
        do {
            deadline.callback = try eventLoop.assumeIsolated().scheduleCallback(in: time, handler: deadline)
        } catch {
            // The event loop is shutting down, and closes its channels itself.
            deadline.handler = nil
        }
        return deadline
    }

    /// Stops the timer. On the event loop.
    func cancel() {
        self.handler = nil
        self.callback.take()?.cancel()
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        self.handler.take()?.closeDeadlineReached()
    }

    func didCancelScheduledCallback(eventLoop: some EventLoop) {
        self.handler = nil
    }
}

@available(*, unavailable)
extension WebSocketCloseDeadline: Sendable {}
