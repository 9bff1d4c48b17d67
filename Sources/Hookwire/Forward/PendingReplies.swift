// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Replies being sent to the relay: kept until their outcome is known, so that one in flight when a connection broke is
/// sent on the next. No IO and no clock of its own.
struct PendingReplies {
    /// How many are kept; beyond it the oldest is forgotten.
    static let limit = 256
    /// How long one is kept: no platform waits longer for its answer.
    static let lifetime = TimeAmount.seconds(60)

    private struct Reply {
        let token: String
        let frame: [UInt8]
        let since: NIODeadline
        /// How often it was handed to a connection.
        var sendings: Int
    }

    enum Verdict: Equatable {
        /// It is the platform's answer, or most likely so.
        case accepted
        /// It is not, and will not be.
        case lost
        /// The store was away: send it again in a moment.
        case again
        /// It is not ours.
        case unknown
    }

    private var replies: [Reply] = []
    private var forgotten = 0

    /// There is a reply.
    ///
    /// - Parameter isSent: whether there was a connection to send it on.
    mutating func add(token: String, frame: [UInt8], isSent: Bool, now: NIODeadline) {
        if self.replies.count >= Self.limit {
            self.replies.removeFirst()
            self.forgotten += 1
        }
        self.replies.append(Reply(token: token, frame: frame, since: now, sendings: isSent ? 1 : 0))
    }

    /// Forgets what is too old.
    ///
    /// - Returns: how many were forgotten since it was last asked, for whatever reason, without an outcome.
    mutating func takeForgotten(now: NIODeadline) -> Int {
        let count = self.replies.count
        self.replies.removeAll { now - $0.since > Self.lifetime }
        defer { self.forgotten = 0 }
        return self.forgotten + count - self.replies.count
    }

    /// What has to be sent on a new connection.
    mutating func sendAgain() -> [[UInt8]] {
        for index in self.replies.indices { self.replies[index].sendings += 1 }
        return self.replies.map(\.frame)
    }

    /// One reply, if it is still kept.
    mutating func sendAgain(token: String) -> [UInt8]? {
        guard let index = self.replies.firstIndex(where: { $0.token == token }) else { return nil }
        self.replies[index].sendings += 1
        return self.replies[index].frame
    }

    /// The relay reported a reply's outcome.
    ///
    /// - Parameter outcome: docs/envelope.md has them.
    mutating func settled(token: String, outcome: String) -> Verdict {
        guard let index = self.replies.firstIndex(where: { $0.token == token }) else { return .unknown }
        switch outcome {
        case "unavailable", "overloaded", "timeout":
            return .again
        case "accepted":
            self.replies.remove(at: index)
            return .accepted
        // Its outcome was lost with a connection, most likely, and it is the second to itself.
        case "second" where self.replies[index].sendings > 1:
            self.replies.remove(at: index)
            return .accepted
        default:
            self.replies.remove(at: index)
            return .lost
        }
    }
}
