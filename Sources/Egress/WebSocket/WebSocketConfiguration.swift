// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The bounds of a tier's sockets. A class, so that a socket pays one pointer for all of it: build one and share it.
final class WebSocketConfiguration: Sendable {
    /// The most bytes of a message from a client, all its fragments together. Over it: close code 1009.
    let messageLimit: Int
    /// How many bytes may wait to be sent to one client. Over it: close code 1013.
    let outboundLimit: Int
    /// How long a client may take to answer a ping.
    let answerTimeout: TimeAmount
    /// How long a closing handshake may take, the frames queued before it included; then the connection is dropped.
    let closeTimeout: TimeAmount

    init(
        messageLimit: Int = 65_536,
        outboundLimit: Int = 1_048_576,
        answerTimeout: TimeAmount = .seconds(10),
        closeTimeout: TimeAmount = .seconds(5)
    ) {
        self.messageLimit = messageLimit
        self.outboundLimit = outboundLimit
        self.answerTimeout = answerTimeout
        self.closeTimeout = closeTimeout
    }
}
