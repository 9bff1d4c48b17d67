// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

extension WebSocketOwner {
    /// Begins a socket whose owner holds its handler: puts that into the channel, counts the socket, and lets its heart
    /// beat. The socket may have ended when this returns, for a connection may be lost meanwhile. On the channel's event
    /// loop, which is the lane's.
    ///
    /// - Throws: the channel's error where it takes no handler; the owner was told then that the socket has ended.
    func install(
        _ handler: WebSocketHandler,
        in channel: any Channel,
        lane: Lane,
        metrics: SocketMetrics,
        as speech: SocketPresence.Speech
    ) throws {
        lane.startHeartbeat(of: handler)
        metrics.opened(speech)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            self.ended(.connectionLost)
            throw error
        }
    }
}
