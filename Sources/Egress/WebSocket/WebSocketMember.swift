// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A member of a channel's group that is a WebSocket, and whose only farewell is its close frame. Bound to the socket's
/// event loop.
protocol WebSocketMember: FanOutMember, WebSocketOwner {
    /// Nil once the socket has ended.
    var handler: WebSocketHandler? { get }
}

extension WebSocketMember {
    func drain() {
        self.handler?.close(text: DrainNotice.text(), reason: .drain)
    }

    func dismiss(_ accessLoss: AccessLoss) {
        self.handler?.close(text: accessLoss.explanation, reason: accessLoss.endReason)
    }
}

extension DeliveryOwner where Self: WebSocketMember {
    func deliveryFailed() {
        self.handler?.close(text: "the log cannot be read; connect again in a moment", reason: .internalError)
    }
}

extension GroupMember where Self: WebSocketMember {
    func refused() {
        self.handler?.close(text: GroupRefusal.text, reason: .policyViolation)
    }
}
