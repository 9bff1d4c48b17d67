// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much a client may send: so much at once, so much again as time passes. Pure; the clock is passed in.
struct GatewayBudget {
    private var messages = Double(GatewayProtocol.messageBurst)
    private var bytes = Double(GatewayProtocol.byteBurst)
    private var updated: NIODeadline

    init(now: NIODeadline) {
        self.updated = now
    }

    /// Takes a message of a size out of the budget; false where there is not enough left.
    mutating func take(bytes: Int, now: NIODeadline) -> Bool {
        let elapsed = Double(max(0, (now - self.updated).nanoseconds)) / 1_000_000_000
        self.updated = max(now, self.updated)
        let messages = self.messages + elapsed * Double(GatewayProtocol.messagesPerSecond)
        let size = self.bytes + elapsed * Double(GatewayProtocol.bytesPerSecond)
        self.messages = min(Double(GatewayProtocol.messageBurst), messages) - 1
        self.bytes = min(Double(GatewayProtocol.byteBurst), size) - Double(bytes)
        return self.messages >= 0 && self.bytes >= 0
    }
}
