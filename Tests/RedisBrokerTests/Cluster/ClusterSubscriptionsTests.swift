// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// What is subscribed where, while slots move, as scripts.
@Suite struct ClusterSubscriptionsTests {
    private typealias Step = ClusterSubscriptions.Step
    private static let a = ClusterEndpoint(host: "a", port: 1)
    private static let b = ClusterEndpoint(host: "b", port: 1)
    private var machine = ClusterSubscriptions()

    /// What is wanted before anybody is known to have the slot is subscribed when somebody is.
    @Test mutating func early() {
        #expect(self.machine.want("x", slot: 1, owner: nil) == Step())
        #expect(self.machine.want("y", slot: 1, owner: nil) == Step())
        let step = self.machine.moved([1, 2], now: .ms(0)) { _ in Self.a }
        #expect(Set(step.subscribe[Self.a] ?? []) == ["x", "y"])
        #expect(step.lost == [] && step.unsubscribe == [:])
        #expect(self.machine.isPlaced("x", slot: 1, at: Self.a))
        #expect(self.machine.moved([1], now: .ms(1)) { _ in Self.a } == Step())
    }

    /// A slot that moves takes its channels along, which are lost in between, and no others.
    @Test mutating func moved() {
        _ = self.machine.want("x", slot: 1, owner: Self.a)
        _ = self.machine.want("other", slot: 2, owner: Self.a)
        let step = self.machine.moved([1], now: .ms(0)) { _ in Self.b }
        #expect(step == Step(unsubscribe: [Self.a: ["x"]], lost: ["x"], subscribe: [Self.b: ["x"]]))
        #expect(!self.machine.isPlaced("x", slot: 1, at: Self.a))
        #expect(self.machine.isPlaced("other", slot: 2, at: Self.a))
        #expect(self.machine.want("y", slot: 1, owner: Self.a) == Step(subscribe: [Self.b: ["y"]]))
        #expect(self.machine.unwant("x", slot: 1) == Step(unsubscribe: [Self.b: ["x"]]))
    }

    /// What a node drops unasked is subscribed again a while later, or as soon as the map says where.
    @Test mutating func dropped() {
        _ = self.machine.want("x", slot: 1, owner: Self.a)
        #expect(
            self.machine.dropped(slot: 1, at: Self.a, now: .ms(0)) == Step(unsubscribe: [Self.a: ["x"]], lost: ["x"])
        )
        #expect(self.machine.dropped(slot: 1, at: Self.a, now: .ms(0)) == Step())
        #expect(self.machine.tick(now: .ms(49)) { _ in Self.a } == Step())
        #expect(self.machine.moved([1], now: .ms(49)) { _ in Self.b } == Step(subscribe: [Self.b: ["x"]]))
        #expect(self.machine.tick(now: .ms(60)) { _ in Self.b } == Step())
        _ = self.machine.dropped(slot: 1, at: Self.b, now: .ms(5_000))
        #expect(self.machine.tick(now: .ms(5_050)) { _ in Self.b } == Step(subscribe: [Self.b: ["x"]]))
        #expect(self.machine.dropped(slot: 1, at: Self.a, now: .ms(5_051)) == Step())
    }

    /// Nodes that do not agree who has a slot do not make a storm: after some moves each waits, a second at most.
    @Test mutating func disagreement() {
        _ = self.machine.want("x", slot: 1, owner: Self.a)
        var owner = Self.a
        var commands = 0
        for time in Int64(0)..<20_000 {
            let now = NIODeadline.ms(time)
            commands += self.machine.tick(now: now) { _ in owner }.subscribe.count
            if self.machine.isPlaced("x", slot: 1, at: owner) {
                _ = self.machine.dropped(slot: 1, at: owner, now: now)
                owner = owner == Self.a ? Self.b : Self.a
                commands += self.machine.moved([1], now: now) { _ in owner }.subscribe.count
            }
        }
        #expect((15...60).contains(commands), "\(commands)")
    }

    /// What nobody serves is lost, and is subscribed where the slot comes back.
    @Test mutating func unserved() {
        _ = self.machine.want("x", slot: 1, owner: Self.a)
        #expect(
            self.machine.moved([1], now: .ms(0)) { _ in nil } == Step(unsubscribe: [Self.a: ["x"]], lost: ["x"])
        )
        #expect(self.machine.moved([1], now: .ms(1)) { _ in nil } == Step())
        #expect(self.machine.moved([1], now: .ms(9_000)) { _ in Self.b } == Step(subscribe: [Self.b: ["x"]]))
    }

    /// What is not wanted any more leaves nothing behind.
    @Test mutating func forgotten() {
        _ = self.machine.want("x", slot: 1, owner: Self.a)
        _ = self.machine.dropped(slot: 1, at: Self.a, now: .ms(0))
        #expect(self.machine.unwant("x", slot: 1) == Step())
        #expect(self.machine.unwant("x", slot: 1) == Step())
        #expect(self.machine.count == 0)
        #expect(self.machine.tick(now: .ms(1_000)) { _ in Self.a } == Step())
    }
}
