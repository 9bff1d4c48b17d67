// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A member of a channel's group that is a WebSocket, and says goodbye by its close frame alone. Bound to the socket's
/// event loop.
protocol WebSocketMember: FeedMember, WebSocketOwner {
    /// Nil once the socket has ended.
    var handler: WebSocketHandler? { get }
}

extension WebSocketMember {
    func drain() {
        self.handler?.close(text: DrainNotice.text(), reason: .drain)
    }

    func dismiss(_ dismissal: Dismissal) {
        self.handler?.close(text: dismissal.explanation, reason: dismissal.endReason)
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
