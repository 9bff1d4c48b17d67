// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Who takes the replies for the requests that wait on a node.
///
/// The broker calls it from any thread, also for several replies at once: an implementation decides, hands over and
/// returns, and must not call the broker.
public protocol ReplyReceiver: AnyObject, Sendable {
    /// Takes a reply, or says why not. Of several replies with one token it accepts one.
    ///
    /// What is called is within `ReplyLimits`, whoever sent it; the token's node is the one whose inbox this is.
    func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome
}

/// A node's open inbox.
public protocol ReplyInbox: AnyObject, Sendable {
    /// Closes the inbox: replies to the node's tokens are unknown from now on. The receiver is not called again once
    /// this has returned, but for calls that are under way. Does nothing the second time.
    func close()
}
