// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The limits of a tier's sockets. A class, so that each socket holds one pointer: build one and share it.
final class WebSocketConfiguration: Sendable {
    /// The most bytes of a message from a client, all its fragments together. Over it: close code 1009.
    let messageLimit: Int
    /// How many bytes may wait to be sent to one client. Over it: close code 1013.
    let outboundLimit: Int
    /// How long a client may take to answer a ping.
    let answerTimeout: TimeAmount
    /// How long a closing handshake may take, the frames queued before it included; then the connection is dropped.
    let closeTimeout: TimeAmount
    /// How long a client may take to finish a message while we read it, checked at each heartbeat visit. Over it: close
    /// code 1008.
    let messageTimeout: TimeAmount
    /// The turns of the sockets' loop; nil if they are not shared.
    private let loopTurns: NIOLoopBound<LoopTurns>?

    init(
        messageLimit: Int = 65_536,
        outboundLimit: Int = 1_048_576,
        answerTimeout: TimeAmount = .seconds(10),
        closeTimeout: TimeAmount = .seconds(5),
        messageTimeout: TimeAmount = .seconds(20),
        turns: NIOLoopBound<LoopTurns>? = nil
    ) {
        self.messageLimit = messageLimit
        self.outboundLimit = outboundLimit
        self.answerTimeout = answerTimeout
        self.closeTimeout = closeTimeout
        self.messageTimeout = messageTimeout
        self.loopTurns = turns
    }

    /// Schedules input that takes longer than the loop's other connections should wait. On that loop.
    var turns: LoopTurns { self.loopTurns?.value ?? LoopTurns() }
}
