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
        replies.add(token: "a", frame: [1], now: self.now)
        replies.add(token: "b", frame: [2], now: self.now)
        #expect(replies.settled(token: "a", outcome: "accepted", now: self.now) == .accepted)
        #expect(replies.settled(token: "a", outcome: "second", now: self.now) == .unknown)
        #expect(replies.frames(now: self.now) == [[2]])
        #expect(replies.settled(token: "b", outcome: "unavailable", now: self.now) == .again)
        #expect(replies.frame(token: "b") == [2])
        #expect(replies.settled(token: "b", outcome: "late", now: self.now) == .lost)
        #expect(replies.frames(now: self.now).isEmpty && replies.frame(token: "b") == nil)
    }

    /// Old ones are of no use, and there are only so many.
    @Test func bounds() {
        var replies = PendingReplies()
        for number in 0...PendingReplies.limit { replies.add(token: "\(number)", frame: [], now: self.now) }
        #expect(replies.frames(now: self.now).count == PendingReplies.limit && replies.frame(token: "0") == nil)
        #expect(replies.frames(now: self.now + PendingReplies.lifetime + .seconds(1)).isEmpty)
    }
}
