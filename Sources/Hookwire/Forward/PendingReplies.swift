// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Replies on their way to the relay: kept until their outcome is known, so that one that was under way when a connection
/// broke is sent on the next. No IO and no clock of its own.
struct PendingReplies {
    /// How many are kept; beyond it the oldest is forgotten.
    static let limit = 256
    /// How long one is kept: no platform waits longer for its answer.
    static let lifetime = TimeAmount.seconds(60)

    private struct Reply {
        let token: String
        let frame: [UInt8]
        let since: NIODeadline
    }

    enum Verdict: Equatable {
        /// It is the platform's answer.
        case accepted
        /// It is not, and will not be.
        case lost
        /// The store was away: send it again in a moment.
        case again
        /// It is not ours.
        case unknown
    }

    private var replies: [Reply] = []

    /// A reply is to be sent.
    mutating func add(token: String, frame: [UInt8], now: NIODeadline) {
        self.expire(now: now)
        if self.replies.count >= Self.limit { self.replies.removeFirst() }
        self.replies.append(Reply(token: token, frame: frame, since: now))
    }

    /// What has to be sent on a new connection.
    mutating func frames(now: NIODeadline) -> [[UInt8]] {
        self.expire(now: now)
        return self.replies.map(\.frame)
    }

    /// The frame of one reply, if it is still kept.
    func frame(token: String) -> [UInt8]? {
        self.replies.first { $0.token == token }?.frame
    }

    /// The relay says what became of a reply.
    ///
    /// - Parameter outcome: docs/envelope.md has them.
    mutating func settled(token: String, outcome: String, now: NIODeadline) -> Verdict {
        self.expire(now: now)
        guard let index = self.replies.firstIndex(where: { $0.token == token }) else { return .unknown }
        switch outcome {
        case "unavailable", "overloaded", "timeout":
            return .again
        case "accepted":
            self.replies.remove(at: index)
            return .accepted
        default:
            self.replies.remove(at: index)
            return .lost
        }
    }

    private mutating func expire(now: NIODeadline) {
        self.replies.removeAll { now - $0.since > Self.lifetime }
    }
}
