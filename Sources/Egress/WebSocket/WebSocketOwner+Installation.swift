// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

extension WebSocketOwner {
    /// Starts a socket whose owner holds its handler: adds the handler to the pipeline, counts the socket, and starts
    /// its heartbeat. The socket may have ended when this returns, if the connection is lost meanwhile. On the
    /// channel's event loop, which is the lane's.
    ///
    /// - Throws: the channel's error if the handler cannot be added; the owner has then been told that the socket has
    ///   ended.
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
