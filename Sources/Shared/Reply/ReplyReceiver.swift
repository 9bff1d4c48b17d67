// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Receives the replies for the requests that wait on a node.
///
/// The broker calls it from any thread, also for several replies at once: an implementation decides, hands over and
/// returns, and must not call the broker.
public protocol ReplyReceiver: AnyObject, Sendable {
    /// Accepts a reply, or returns why not. Of several replies with one token it accepts one.
    ///
    /// `reply` is always within `ReplyLimits`; the token's node is the inbox's own.
    func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome
}

/// A node's open inbox.
public protocol ReplyInbox: AnyObject, Sendable {
    /// Closes the inbox: replies to the node's tokens are unknown from now on. Once this has returned the receiver is
    /// not called again, except for calls already in progress. Idempotent.
    func close()
}
