// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much a client may send: so much at once, so much again as time passes. Pure; the clock is passed in.
struct MessageBudget {
    /// What a protocol grants its clients.
    struct Limits: Sendable {
        /// How many messages at once, and then each second.
        var messageBurst: Int
        var messagesPerSecond: Int
        /// How many bytes at once, and then each second.
        var byteBurst: Int
        var bytesPerSecond: Int
    }

    private let limits: Limits
    private var messages: Double
    private var bytes: Double
    private var updated: NIODeadline

    init(limits: Limits, now: NIODeadline) {
        self.limits = limits
        self.messages = Double(limits.messageBurst)
        self.bytes = Double(limits.byteBurst)
        self.updated = now
    }

    /// Takes a message of a size out of the budget; false where there is not enough left.
    mutating func take(bytes: Int, now: NIODeadline) -> Bool {
        let elapsed = Double(max(0, (now - self.updated).nanoseconds)) / 1_000_000_000
        self.updated = max(now, self.updated)
        let messages = self.messages + elapsed * Double(self.limits.messagesPerSecond)
        let size = self.bytes + elapsed * Double(self.limits.bytesPerSecond)
        self.messages = min(Double(self.limits.messageBurst), messages) - 1
        self.bytes = min(Double(self.limits.byteBurst), size) - Double(bytes)
        return self.messages >= 0 && self.bytes >= 0
    }
}
