// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The state of a closing socket only: the timer of its closing handshake, and the callback for the answer to our close
/// frame.
final class WebSocketClosingHandshake: NIOScheduledCallbackHandler {
    private var handler: WebSocketHandler?
    private var callback: NIOScheduledCallback?
    /// Called when the peer has answered, and so has read everything sent before the close frame.
    var whenAnswered: (() -> Void)?

    private init(handler: WebSocketHandler) {
        self.handler = handler
    }

    /// Starts the timer. On the event loop.
    static func start(for handler: WebSocketHandler, in time: TimeAmount, on eventLoop: any EventLoop) -> Self {
        let handshake = Self(handler: handler)
        do {
            handshake.callback = try eventLoop.assumeIsolated().scheduleCallback(in: time, handler: handshake)
        } catch {
            // The event loop is shutting down, and closes its channels itself.
            handshake.handler = nil
        }
        return handshake
    }

    /// The peer has answered. On the event loop.
    func answered() {
        self.whenAnswered.take()?()
    }

    /// Stops the timer: no answer comes any more. On the event loop.
    func cancel() {
        self.handler = nil
        self.whenAnswered = nil
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
extension WebSocketClosingHandshake: Sendable {}
