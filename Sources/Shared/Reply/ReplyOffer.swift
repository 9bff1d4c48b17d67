// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Tells an event's receiver that a request waits for a reply, and until when.
public struct ReplyOffer: Hashable, Sendable {
    /// Identifies the waiting request.
    public var token: ReplyToken
    /// When the platform is answered without the bot, in milliseconds since 1970-01-01T00:00:00Z by the ingress node's
    /// clock.
    public var deadline: Int64

    /// An offer from its parts.
    public init(token: ReplyToken, deadline: Int64) {
        self.token = token
        self.deadline = deadline
    }
}
