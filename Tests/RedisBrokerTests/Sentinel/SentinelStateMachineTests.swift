// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

@Suite
struct SentinelStateMachineTests {
    private typealias Machine = SentinelStateMachine
    private static let old = RedisURL.Address.host("10.0.0.1", port: 6379)
    private static let new = RedisURL.Address.host("10.0.0.2", port: 6379)

    private static let start = NIODeadline.uptimeNanoseconds(1)

    /// Three sentinels that have said once that the old one is the primary, in epoch 4.
    private static func settled() -> Machine {
        var machine = Machine(count: 3)
        _ = self.round(&machine, [.primary(self.old, epoch: 4), .primary(self.old, epoch: 4)])
        return machine
    }

    /// Asks, and hands in the answers of the first ones.
    private static func round(
        _ machine: inout Machine,
        _ answers: [Machine.Answer],
        at seconds: Int64 = 0
    ) -> [Machine.Outcome] {
        guard case .ask(let round) = machine.askRequested() else { return [] }
        let now = Self.start + .seconds(seconds)
        return answers.enumerated().map { machine.answered($0.element, by: $0.offset, in: round, now: now) }
    }

    /// Most of the sentinels are enough, and who asks meanwhile waits for the same answer.
    @Test func majority() {
        var machine = Machine(count: 3)
        #expect(machine.askRequested() == .ask(round: 1))
        #expect(machine.askRequested() == .wait)
        #expect(machine.answered(.primary(Self.old, epoch: 1), by: 2, in: 1, now: Self.start) == .init())
        #expect(
            machine.answered(.primary(Self.old, epoch: 1), by: 0, in: 1, now: Self.start)
                == .init(move: Self.old, conclusion: .success(Self.old))
        )
        #expect(machine.address == Self.old)
        // What comes behind says nothing new, and what is known is no news.
        #expect(machine.answered(.unknown, by: 1, in: 1, now: Self.start) == .init())
        #expect(
            Self.round(&machine, [.primary(Self.old, epoch: 1), .primary(Self.old, epoch: 1)]).last
                == .init(conclusion: .success(Self.old))
        )
    }

    /// One that knows of a newer failover goes before the others, since they may be cut off with the old primary.
    @Test func newestEpoch() {
        var machine = Self.settled()
        let outcomes = Self.round(
            &machine,
            [.primary(Self.old, epoch: 4), .primary(Self.new, epoch: 5), .unreachable(RedisLoss(.connectFailed))]
        )
        #expect(outcomes.last == .init(move: Self.new, conclusion: .success(Self.new)))
        // Nobody goes back to what the ones behind say.
        let later = Self.round(&machine, [.primary(Self.old, epoch: 4), .unreachable(RedisLoss(.commandTimeout))])
        #expect(later.last == .init())
    }

    /// A newer answer counts though the round is over; of an earlier round none does.
    @Test func lateAnswer() {
        var machine = Self.settled()
        #expect(machine.answered(.primary(Self.new, epoch: 5), by: 2, in: 1, now: Self.start) == .init(move: Self.new))
        #expect(machine.address == Self.new)
        #expect(machine.askRequested() == .ask(round: 2))
        #expect(machine.answered(.primary(Self.old, epoch: 9), by: 0, in: 1, now: Self.start) == .init())
    }

    /// One that lags behind brings nobody back where it is the only one left; most of them do, having been set up anew.
    @Test func olderEpoch() {
        var machine = Self.settled()
        let gone = Machine.Answer.unreachable(RedisLoss(.connectFailed))
        #expect(
            Self.round(&machine, [.primary(Self.new, epoch: 2), gone, gone]).last
                == .init(conclusion: .success(Self.old))
        )
        // Most of them, and the third says nothing else, for five seconds, however often they are asked.
        let older = Machine.Answer.primary(Self.new, epoch: 0)
        for second in [0, 1, 1, 1, 1, 1, 4] as [Int64] {
            let outcome = Self.round(&machine, [older, older, gone], at: second).last
            #expect(outcome == .init(conclusion: .success(Self.old)))
        }
        let outcome = Self.round(&machine, [older, older, gone], at: 5).last
        #expect(outcome == .init(move: Self.new, conclusion: .success(Self.new)))
    }

    /// In the middle of a failover most of them still say where Redis was: nobody goes back there, however slow the one that
    /// knows better.
    @Test func olderMajorityDuringAFailover() {
        var machine = Self.settled()
        let (old, new) = (Machine.Answer.primary(Self.old, epoch: 4), Machine.Answer.primary(Self.new, epoch: 5))
        #expect(Self.round(&machine, [old, new, old]).last == .init(move: Self.new, conclusion: .success(Self.new)))
        for second in Int64(0)..<20 {
            let outcomes = Self.round(&machine, [old, old, new], at: second)
            #expect(outcomes == [.init(), .init(), .init(conclusion: .success(Self.new))])
        }
        let gone = Machine.Answer.unreachable(RedisLoss(.commandTimeout))
        for second in [20, 24] as [Int64] {
            let outcome = Self.round(&machine, [old, gone, old], at: second).last
            #expect(outcome == .init(conclusion: .success(Self.new)))
        }
        // They have heard of it: the time begins anew.
        _ = Self.round(&machine, [new, new], at: 25)
        #expect(Self.round(&machine, [old, gone, old], at: 26).last == .init(conclusion: .success(Self.new)))
    }

    /// Who reaches no sentinel stays where he is, and is told why a new connection cannot be made.
    @Test func noneReachable() {
        var machine = Self.settled()
        let loss = RedisLoss(.connectFailed, "refused")
        let outcomes = Self.round(&machine, [.unreachable(loss), .unreachable(loss), .unreachable(loss)])
        #expect(outcomes.last == .init(conclusion: .failure(RedisLoss(.sentinelsUnreachable, "refused"))))
        #expect(outcomes.allSatisfy { $0.move == nil })
        #expect(machine.address == Self.old)
    }

    /// What a user can mend is said first: the name, then the password, then the addresses.
    @Test func reasons() {
        let unreachable = Machine.Answer.unreachable(RedisLoss(.connectFailed))
        let refused = RedisLoss(.sentinelsRefuse)
        var machine = Machine(count: 2)
        #expect(
            Self.round(&machine, [unreachable, .unknown]).last
                == .init(conclusion: .failure(RedisLoss(.noSuchMaster)))
        )
        #expect(Self.round(&machine, [.refused(refused), unreachable]).last == .init(conclusion: .failure(refused)))
        #expect(
            Self.round(&machine, [.refused(refused), .primary(Self.old, epoch: 0)]).last
                == .init(move: Self.old, conclusion: .success(Self.old))
        )
    }
}
