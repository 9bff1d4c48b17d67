// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A token bucket for a client's messages and bytes. Pure; the clock is passed in.
struct MessageBudget {
    /// A protocol's limits for its clients.
    struct Limits: Sendable {
        /// Messages: burst, and per second.
        var messageBurst: Int
        var messagesPerSecond: Int
        /// Bytes: burst, and per second.
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
