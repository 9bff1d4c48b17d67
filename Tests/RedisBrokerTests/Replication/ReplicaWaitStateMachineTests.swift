// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

@Suite
struct ReplicaWaitStateMachineTests {
    private typealias Machine = ReplicaWaitStateMachine<String>

    /// One WAIT speaks for all writes of a tick, and what is written while it is on its way shares the next.
    @Test func batches() {
        var machine = Machine(replicas: 1)
        let first = machine.sent("a")
        #expect(first.schedules)
        let second = machine.sent("b")
        #expect(!second.schedules)
        let goesOut = machine.tickEnded()
        #expect(goesOut)
        machine.replied(.integer(1), to: first.number)
        let third = machine.sent("c")
        let goesOutAgain = machine.tickEnded()
        #expect(!third.schedules && !goesOutAgain)
        machine.replied(.integer(2), to: second.number)
        let outcome = machine.waitAnswered(.success(1))
        #expect(outcome.done.map(\.request) == ["a", "b"] && outcome.done.map(\.reply) == [.integer(1), .integer(2)])
        #expect(outcome.failed.isEmpty && outcome.waits)
        machine.replied(.null, to: third.number)
        let last = machine.waitAnswered(.success(2))
        #expect(last.done.map(\.request) == ["c"] && last.done.map(\.reply) == [.null] && !last.waits)
        let next = machine.sent("d")
        #expect(next.schedules)
    }

    /// Too few replicas: stored, and not acknowledged.
    @Test func tooFew() {
        var machine = Machine(replicas: 2)
        let write = machine.sent("a")
        let goesOut = machine.tickEnded()
        #expect(goesOut)
        machine.replied(.integer(1), to: write.number)
        let outcome = machine.waitAnswered(.success(1))
        #expect(outcome.done.isEmpty)
        #expect(outcome.failed.map(\.request) == ["a"] && outcome.failed.map(\.error) == [.unreplicated])
    }

    /// A write that failed waits for nobody; where it was the only one, the WAIT's answer concerns nobody.
    @Test func failedWrites() {
        var machine = Machine(replicas: 1)
        let early = machine.sent("early")
        let told = [machine.failed(early.number), machine.failed(early.number)]
        #expect(told == ["early", nil])
        let nothingGoesOut = !machine.tickEnded()
        #expect(nothingGoesOut)
        let late = machine.sent("late")
        let goesOut = machine.tickEnded()
        #expect(late.schedules && goesOut)
        let toldLate = machine.failed(late.number)
        #expect(toldLate == "late")
        let outcome = machine.waitAnswered(.success(1))
        #expect(outcome.done.isEmpty && outcome.failed.isEmpty && !outcome.waits)
    }

    /// A connection that breaks behind the write's reply: nobody knows, and nobody is acknowledged.
    @Test func lostWait() {
        var machine = Machine(replicas: 1)
        let write = machine.sent("a")
        let goesOut = machine.tickEnded()
        #expect(goesOut)
        machine.replied(.integer(1), to: write.number)
        let outcome = machine.waitAnswered(.failure(.unavailable))
        #expect(outcome.failed.map(\.error) == [.unavailable])
    }

    /// What the setting takes.
    @Test func text() {
        #expect(RedisWait("2")?.replicas == 2 && RedisWait("2")?.time == .milliseconds(500))
        #expect(RedisWait("1:250")?.time == .milliseconds(250))
        for text in ["", "0", "17", "1:", "1:9", "1:5001", "1:2:3", "a", "+1", "1:x"] {
            #expect(RedisWait(text) == nil)
        }
    }
}
