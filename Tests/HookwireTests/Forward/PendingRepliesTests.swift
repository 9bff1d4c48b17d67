// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

/// Replies until their outcome is known.
@Suite struct PendingRepliesTests {
    private let now = NIODeadline.uptimeNanoseconds(1)

    /// What a connection took with it is sent on the next; what is settled is not.
    @Test func sentAgain() {
        var replies = PendingReplies()
        replies.add(token: "a", frame: [1], isSent: true, now: self.now)
        replies.add(token: "b", frame: [2], isSent: true, now: self.now)
        #expect(replies.settled(token: "a", outcome: "accepted") == .accepted)
        #expect(replies.settled(token: "a", outcome: "second") == .unknown)
        #expect(replies.sendAgain() == [[2]])
        #expect(replies.settled(token: "b", outcome: "unavailable") == .again)
        #expect(replies.sendAgain(token: "b") == [2])
        #expect(replies.settled(token: "b", outcome: "late") == .lost)
        #expect(replies.sendAgain().isEmpty && replies.sendAgain(token: "b") == nil)
        #expect(replies.takeForgotten(now: self.now) == 0)
    }

    /// What was sent twice is the second to itself; what was sent once is the second to another's.
    @Test(arguments: [(true, 0, PendingReplies.Verdict.lost), (false, 1, .lost), (true, 1, .accepted)])
    func second(isSent: Bool, again: Int, verdict: PendingReplies.Verdict) {
        var replies = PendingReplies()
        replies.add(token: "a", frame: [1], isSent: isSent, now: self.now)
        for _ in 0..<again { #expect(replies.sendAgain() == [[1]]) }
        #expect(replies.settled(token: "a", outcome: "second") == verdict)
    }

    /// Old ones are of no use, and there are only so many; those that went without an outcome are counted once.
    @Test func bounds() {
        var replies = PendingReplies()
        for number in 0...PendingReplies.limit {
            replies.add(token: "\(number)", frame: [], isSent: true, now: self.now)
        }
        #expect(replies.sendAgain().count == PendingReplies.limit && replies.sendAgain(token: "0") == nil)
        #expect(replies.takeForgotten(now: self.now + PendingReplies.lifetime) == 1)
        #expect(replies.takeForgotten(now: self.now + PendingReplies.lifetime + .seconds(1)) == PendingReplies.limit)
        #expect(replies.takeForgotten(now: self.now + PendingReplies.lifetime + .seconds(2)) == 0)
        #expect(replies.sendAgain().isEmpty)
    }
}
