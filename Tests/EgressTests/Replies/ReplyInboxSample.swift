// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Synchronization

@testable import Egress

/// An ingress node's inbox: remembers what came, and says what it is told to say.
final class SampleInbox: ReplyReceiver {
    let node = NodeID.random()
    private let outcome: ReplyOutcome
    private let state = Mutex<[(reply: Reply, token: ReplyToken)]>([])

    /// Opens an inbox of a broker in memory.
    init(_ broker: MemoryBroker, outcome: ReplyOutcome = .accepted, loop: any EventLoop) throws {
        self.outcome = outcome
        _ = try broker.openInbox(of: self.node, to: self, on: loop).wait()
    }

    var replies: [Reply] { self.state.withLock { $0.map(\.reply) } }
    var tokens: [ReplyToken] { self.state.withLock { $0.map(\.token) } }

    /// An offer of a request that waits here.
    func offer(deadline: Int64 = .max) -> ReplyOffer {
        ReplyOffer(token: .random(node: self.node), deadline: deadline)
    }

    func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome {
        self.state.withLock { $0.append((reply, token)) }
        return self.outcome
    }
}
