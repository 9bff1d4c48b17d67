// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A WebSocket's pending input and output during a turn: frames that wait for the next turn, and pongs that are sent
/// together. An idle socket has none, and so pays for one pointer.
final class WebSocketTurn {
    /// How many frames are processed before the loop's other connections get a turn: a peer may send ten thousand in
    /// one packet.
    static let limit = 64

    /// Bytes that wait for the next turn; at most one read's worth, since none is read meanwhile.
    var input: ByteBuffer?
    /// Whether the peer has finished its side behind them.
    var isInputClosed = false
    /// The pongs of the current turn or, while the channel is not writable, the latest one.
    var pongs: ByteBuffer?

    var isEmpty: Bool { self.input == nil && self.pongs == nil }
}
