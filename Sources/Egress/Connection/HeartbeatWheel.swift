// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A member's place in its wheel. Stored in the member, so that removal needs no search; written by the wheel alone.
struct HeartbeatPlace: Sendable {
    /// `nil`: in no wheel.
    fileprivate(set) var bucket: UInt16?
    fileprivate(set) var index: UInt32 = 0

    init() {}
}

/// A connection that a `HeartbeatWheel` visits.
protocol HeartbeatMember: AnyObject {
    /// Starts as `HeartbeatPlace()`; must not be changed by the member.
    var heartbeatPlace: HeartbeatPlace { get set }
}

/// A timer wheel for the heartbeats of an event loop's connections: buckets of a second each, and a visit touches only
/// the bucket that is due. Every member is visited twice a period, first to ping, and `answerDelay` later to check for
/// an answer.
///
/// Members are assigned to the buckets round-robin, so that a thousand clients that connect in the same second are not
/// pinged in the same second. Pure: drive it with `advance` about once a second, on one event loop.
struct HeartbeatWheel<Member: HeartbeatMember> {
    /// The visits that are due, in the order of their seconds.
    typealias Visits = [(heartbeat: Heartbeat, members: [Member])]

    private var buckets: [[Member]]
    private let answerSeconds: Int
    /// The bucket for the next member.
    private var nextBucket = 0
    private let start: NIODeadline
    /// The whole seconds since `start` that have been visited.
    private var elapsed: Int64 = 0

    /// - Parameters:
    ///   - period: from a ping to the next, in whole seconds, at least 2.
    ///   - answerTimeout: how long a member's peer may take to answer. The second visit comes a second later, so that a
    ///     ping sent late in its second has the full time; one sent even later is judged a period later. Shorter than
    ///     the period.
    ///   - now: the time to count from.
    init(period: TimeAmount = .seconds(25), answerTimeout: TimeAmount = .seconds(10), now: NIODeadline) {
        let times = HeartbeatTimes(period: period, answerTimeout: answerTimeout)
        precondition((2...65_535).contains(times.period), "a heartbeat period must be from 2 s to 65,535 s")
        precondition(times.answer >= 1 && times.leaveTimeToAnswer, "the answer must be due before the next ping")
        self.buckets = Array(repeating: [], count: Int(times.period))
        self.answerSeconds = Int(times.answer)
        self.start = now
    }

    /// How many members there are.
    var count: Int { self.buckets.reduce(0) { $0 + $1.count } }

    /// Adds a member; its first ping is due within a period. Constant time.
    mutating func add(_ member: Member) {
        precondition(member.heartbeatPlace.bucket == nil, "the member is in a wheel already")
        member.heartbeatPlace.bucket = UInt16(self.nextBucket)
        member.heartbeatPlace.index = UInt32(self.buckets[self.nextBucket].count)
        self.buckets[self.nextBucket].append(member)
        self.nextBucket = (self.nextBucket + 1) % self.buckets.count
    }

    /// Removes a member. Idempotent, constant time.
    mutating func remove(_ member: Member) {
        guard let bucket = member.heartbeatPlace.bucket.map(Int.init) else { return }
        let index = Int(member.heartbeatPlace.index)
        precondition(self.buckets[bucket][index] === member, "the member is in another wheel")
        self.buckets[bucket].swapAt(index, self.buckets[bucket].count - 1)
        self.buckets[bucket].removeLast()
        if index < self.buckets[bucket].count {
            self.buckets[bucket][index].heartbeatPlace.index = UInt32(index)
        }
        member.heartbeatPlace.bucket = nil
    }

    /// Advances to `now`.
    ///
    /// A stalled loop cannot judge its peers: their data may be unread. If more than a second was missed, no answers
    /// are checked this time, and after a gap of more than a period only one period's pings are due.
    ///
    /// - Returns: the members to visit. They are copies of the buckets, so a visited member may remove itself.
    mutating func advance(to now: NIODeadline) -> Visits {
        let seconds = (now - self.start).nanoseconds / 1_000_000_000
        guard seconds > self.elapsed else { return [] }
        let isLate = seconds - self.elapsed > 2
        let period = Int64(self.buckets.count)
        let first = max(self.elapsed + 1, seconds - period + 1)
        self.elapsed = seconds
        var visits: Visits = []
        for second in first...seconds {
            let pinged = Int(second % period)
            if !self.buckets[pinged].isEmpty {
                visits.append((.ping, self.buckets[pinged]))
            }
            let answered = (pinged + self.buckets.count - self.answerSeconds) % self.buckets.count
            if !isLate && !self.buckets[answered].isEmpty {
                visits.append((.answer, self.buckets[answered]))
            }
        }
        return visits
    }
}
