// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Testing

@testable import Egress

@Suite struct HeartbeatWheelTests {
    private final class Member: HeartbeatMember {
        var heartbeatPlace = HeartbeatPlace()
        var pings: [Int64] = []
        var answers: [Int64] = []
    }

    private static let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
    private var wheel = HeartbeatWheel<Member>(now: start)

    /// Goes on to a time in milliseconds and notes the visits.
    private mutating func advance(toMilliseconds time: Int64) -> [(heartbeat: Heartbeat, members: [Member])] {
        let visits = wheel.advance(to: Self.start + .milliseconds(time))
        for visit in visits {
            for member in visit.members {
                if visit.heartbeat == .ping { member.pings.append(time) } else { member.answers.append(time) }
            }
        }
        return visits
    }

    private mutating func add(_ count: Int) -> [Member] {
        let members = (0..<count).map { _ in Member() }
        for member in members { wheel.add(member) }
        return members
    }

    /// Each member is visited for a ping once in 25 s, and for its answer 11 s later: 10 s and what a tick may be late.
    @Test mutating func visitsEveryMemberTwiceAPeriod() {
        let members = self.add(60)
        for second: Int64 in 1...100 { _ = self.advance(toMilliseconds: second * 1000 + 37) }
        for member in members {
            #expect(member.pings.count == 4)
            #expect(zip(member.pings, member.pings.dropFirst()).allSatisfy { $1 - $0 == 25_000 })
            #expect(member.answers.filter { $0 > member.pings[0] }.first == member.pings[0] + 11_000)
        }
    }

    /// A tick touches one bucket of each kind, not all members: those that come at once are spread over the period.
    @Test mutating func spreadsMembersThatComeAtOnce() {
        _ = self.add(2500)
        for second: Int64 in 1...50 {
            let visits = self.advance(toMilliseconds: second * 1000)
            #expect(visits.map(\.members.count) == [100, 100])
        }
    }

    /// Ticks within a second visit nobody twice.
    @Test mutating func ticksWithinASecondDoNothing() {
        let members = self.add(25)
        for time in stride(from: Int64(0), through: 25_000, by: 100) { _ = self.advance(toMilliseconds: time) }
        #expect(members.allSatisfy { $0.pings.count == 1 })
    }

    /// After a gap nobody is judged in the same breath, and nobody is pinged twice for it.
    @Test mutating func catchesUpAfterAGap() {
        let members = self.add(50)
        _ = self.advance(toMilliseconds: 1000)
        let visits = self.advance(toMilliseconds: 100_000)
        #expect(visits.allSatisfy { $0.heartbeat == .ping })
        #expect(visits.map(\.members.count).reduce(0, +) == 50)
        #expect(members.allSatisfy { (1...2).contains($0.pings.count) })
        #expect(self.advance(toMilliseconds: 101_000).map(\.heartbeat) == [.ping, .answer])
    }

    /// Members that were removed, in any order, are not visited; the others still are.
    @Test mutating func removesInAnyOrder() {
        var seed = SeededRandom(for: "HeartbeatWheelTests.removesInAnyOrder")
        var members = self.add(300)
        var removed: [Member] = []
        for _ in 0..<2000 {
            if members.isEmpty || Bool.random(using: &seed) && members.count < 400 {
                members += self.add(1)
            } else {
                let member = members.remove(at: Int.random(in: members.indices, using: &seed))
                wheel.remove(member)
                wheel.remove(member)
                removed.append(member)
            }
        }
        #expect(wheel.count == members.count)
        for second: Int64 in 1...25 { _ = self.advance(toMilliseconds: second * 1000) }
        #expect(removed.allSatisfy { $0.pings.isEmpty && $0.answers.isEmpty })
        #expect(members.allSatisfy { $0.pings.count == 1 && $0.answers.count == 1 })
    }

    /// A member that a visit removes does not disturb the visits that are under way.
    @Test mutating func membersMayLeaveWhileVisited() {
        let members = self.add(50)
        for second: Int64 in 1...25 {
            for visit in wheel.advance(to: Self.start + .seconds(second)) where visit.heartbeat == .ping {
                for member in visit.members {
                    member.pings.append(second)
                    wheel.remove(member)
                }
            }
        }
        #expect(members.allSatisfy { $0.pings.count == 1 })
        #expect(wheel.count == 0)
    }
}
