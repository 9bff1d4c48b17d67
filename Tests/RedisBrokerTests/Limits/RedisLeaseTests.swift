// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Limits of requests that nodes share through a real Redis.
@Suite(.timeLimit(.minutes(2))) struct RedisLeaseTests {
    private static let server = Task { try await RedisServer.start() }

    /// No more is leased than a burst at once, and what comes with time; the answer says when to ask again.
    @Test func burst() async throws {
        try await RedisTestBed.with(try await Self.server.value.url) { bed in
            let leases = RedisLeases(client: bed.client)
            let channel = Fixtures.channel()
            // One in 1000 seconds: none comes while the test runs.
            let limit = RateLimit(rate: 0.001, burst: 10)
            func lease(_ amount: Int, _ node: Int) async throws -> Lease {
                try await leases.lease(amount, of: limit, on: channel, eventLoop: bed.eventLoops[node]).get()
            }
            #expect(try await lease(4, 0).amount == 4)
            #expect(try await lease(4, 1).amount == 4)
            let last = try await lease(4, 0)
            #expect(last.amount == 2)
            #expect(last.pause > .seconds(900) && last.pause <= .seconds(1_000))
            #expect(try await lease(1, 1).amount == 0)
            let other = try await leases.lease(
                3,
                of: limit,
                on: Fixtures.channel(),
                eventLoop: bed.eventLoops[0]
            ).get()
            #expect(other.amount == 3)
        }
    }

    /// Two nodes that ask as soon as they may have no more together than the limit says, by Redis' own clock.
    @Test(arguments: [(200.0, 1), (37.0, 37)]) func rate(perSecond: Double, burst: Int) async throws {
        try await RedisTestBed.with(try await Self.server.value.url) { bed in
            let leases = RedisLeases(client: bed.client)
            let channel = Fixtures.channel()
            let limit = RateLimit(rate: perSecond, burst: burst)
            let start = NIODeadline.now()
            let end = start + .seconds(3)
            let leased = try await withThrowingTaskGroup(of: Int.self) { group in
                for node in 0..<2 {
                    group.addTask {
                        var sum = 0
                        while NIODeadline.now() < end {
                            let lease = try await leases.lease(
                                10,
                                of: limit,
                                on: channel,
                                eventLoop: bed.eventLoops[node]
                            ).get()
                            sum += lease.amount
                            if lease.amount < 10 {
                                try await Task.sleep(for: .nanoseconds(lease.pause.nanoseconds))
                            }
                        }
                        return sum
                    }
                }
                return try await group.reduce(0, +)
            }
            let seconds = Double((NIODeadline.now() - start).nanoseconds) / 1_000_000_000
            // Never more than the limit, its burst, and what a lease may be ahead.
            #expect(Double(leased) <= perSecond * (seconds + 0.05) + Double(burst) + 1)
        }
    }

    /// Whoever asks again when it is worth it gets something, however late.
    @Test(arguments: [(200.0, 1), (37.0, 5), (0.8, 1)]) func pause(perSecond: Double, burst: Int) async throws {
        try await RedisTestBed.with(try await Self.server.value.url) { bed in
            let leases = RedisLeases(client: bed.client)
            let channel = Fixtures.channel()
            let limit = RateLimit(rate: perSecond, burst: burst)
            for _ in 0..<3 {
                var lease = Lease(amount: 1_000, pause: .zero)
                while lease.amount == 1_000 || lease.pause == .zero {
                    lease = try await leases.lease(1_000, of: limit, on: channel, eventLoop: bed.eventLoops[0]).get()
                }
                try await Task.sleep(for: .nanoseconds(lease.pause.nanoseconds))
                let next = try await leases.lease(1_000, of: limit, on: channel, eventLoop: bed.eventLoops[0]).get()
                #expect(next.amount >= 1)
            }
        }
    }

    /// A limit that was much larger before does not hold the bot off.
    @Test func lowered() async throws {
        try await RedisTestBed.with(try await Self.server.value.url) { bed in
            let leases = RedisLeases(client: bed.client)
            let channel = Fixtures.channel()
            let (large, small) = (RateLimit(rate: 0.001, burst: 100), RateLimit(rate: 10, burst: 1))
            _ = try await leases.lease(100, of: large, on: channel, eventLoop: bed.eventLoops[0]).get()
            let lease = try await leases.lease(1, of: small, on: channel, eventLoop: bed.eventLoops[0]).get()
            #expect(lease.amount == 0)
            #expect(lease.pause <= .seconds(1))
        }
    }

    /// Without a Redis it fails as publishing does.
    @Test func unavailable() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try server.kill()
            await #expect(throws: BrokerError.self) {
                while true {
                    _ = try await RedisLeases(client: bed.client).lease(
                        1,
                        of: RateLimit(rate: 1_000_000),
                        on: Fixtures.channel(),
                        eventLoop: bed.eventLoops[0]
                    ).get()
                }
            }
        }
    }
}
