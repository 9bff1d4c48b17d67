// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The reply inboxes of the nodes of one process, for brokers that span only one process. Any thread.
package final class LocalInboxes: Sendable {
    private struct Open {
        var receiver: any ReplyReceiver
        var handle: LocalInbox
    }

    private let open = Mutex<[NodeID: Open]>([:])

    /// Creates the registry with no inbox open.
    package init() {}

    /// Opens a node's inbox, replacing any earlier receiver.
    package func open(_ node: NodeID, to receiver: any ReplyReceiver) -> any ReplyInbox {
        let handle = LocalInbox(node: node, inboxes: self)
        self.open.withLock { $0[node] = Open(receiver: receiver, handle: handle) }
        return handle
    }

    /// Delivers a reply to the node that its token names.
    package func reply(_ reply: Reply, to token: ReplyToken) -> ReplyOutcome {
        guard reply.isFit else { return .unfit }
        let receiver = self.open.withLock { $0[token.node]?.receiver }
        return receiver?.receive(reply, for: token) ?? .unknown
    }

    /// Closes all inboxes.
    package func end() {
        self.open.withLock { $0 = [:] }
    }

    fileprivate func close(_ inbox: LocalInbox) {
        self.open.withLock { open in
            if open[inbox.node]?.handle === inbox { open[inbox.node] = nil }
        }
    }
}

private final class LocalInbox: ReplyInbox {
    let node: NodeID
    private let inboxes: LocalInboxes

    init(node: NodeID, inboxes: LocalInboxes) {
        self.node = node
        self.inboxes = inboxes
    }

    func close() {
        self.inboxes.close(self)
    }
}
