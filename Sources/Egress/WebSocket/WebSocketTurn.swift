// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a read leaves behind of a WebSocket's input until its turn is over: frames that wait for the next turn, and pongs that
/// go out together. An idle socket has none, and so pays for one pointer.
final class WebSocketTurn {
    /// How many frames are taken before the loop's other connections have a turn: a peer may send ten thousand in one
    /// packet.
    static let limit = 64
    /// How long the loop is left to them. Only a timer lets them run: a task that is executed anew each time does not.
    static let yieldTime = TimeAmount.microseconds(20)

    /// Bytes that wait for the next turn; none is read meanwhile, so that they are what one read brought.
    var input: ByteBuffer?
    /// Whether the peer has finished its side behind them.
    var isInputClosed = false
    /// The pongs of the turn that is going on or, while the channel is not writable, the latest one.
    var pongs: ByteBuffer?

    var isEmpty: Bool { self.input == nil && self.pongs == nil }
}
