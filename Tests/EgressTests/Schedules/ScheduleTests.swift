// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

/// What clients are promised, whatever happens: nothing is missing unless it was let go of or they were told, nothing comes in
/// another order, and nothing comes twice but after an end that was no goodbye.
@Suite struct ScheduleTests {
    /// Ten thousand random schedules keep the promises. The seed is printed; `HOOKWIRE_TEST_SEED` sets it.
    @Test func keepsItsPromises() async {
        let seed = SeededRandom(for: "ScheduleTests.keepsItsPromises").seed
        let broken = await withTaskGroup { group in
            for worker in 0..<2 {
                group.addTask { Self.brokenPromise(from: worker, step: 2, of: 10_000, seed: seed) }
            }
            return await group.first { $0 != nil } ?? nil
        }
        if let broken { Issue.record("HOOKWIRE_TEST_SEED=\(seed), \(broken)") }
    }

    private static func brokenPromise(from first: Int, step: Int, of count: Int, seed: UInt64) -> String? {
        for number in stride(from: first, to: count, by: step) {
            var random = SeededRandom(seed: seed &+ UInt64(number) &* 0x2545_F491_4F6C_DD1D)
            let schedule = Schedule(using: &random)
            guard let broken = Self.brokenPromise(of: schedule) else { continue }
            return "schedule \(number): \(Self.shrunk(schedule, broken))"
        }
        return nil
    }

    /// Schedules that have broken a promise once.
    @Test(arguments: [
        // What is left is skipped where the log is trimmed under a client that is behind.
        Schedule(retentionCount: 6, steps: [.publish(5), .connect(.slow, 0), .publish(12)]),
        // A drain counts for a client that has vanished what it was sent last.
        Schedule(steps: [.connect(.filtered, 0), .vanish(0), .publish(1), .drain]),
        Schedule(steps: [.connect(.archive, 2), .vanish(0), .publish(1), .drain]),
        // A connection breaks while its client does not read: a proxy does not take what is queued.
        Schedule(
            retentionCount: 6,
            hasProxy: true,
            steps: [
                .connect(.archive, 2), .pause(0), .publish(1), .wait(milliseconds: 1_000), .publish(2),
                .kill(0, arrived: 0),
            ]
        ),
        Schedule(
            hasProxy: true,
            steps: [
                .connect(.filtered, 2), .pause(0), .publish(3), .wait(milliseconds: 1_000), .publish(1), .restart,
            ]
        ),
        // A page of the log is older than what the feed brings.
        Schedule(
            storeMilliseconds: 1,
            steps: [
                .connect(.follower, 0), .wait(milliseconds: 1), .publish(1), .goodbye(0), .connect(.follower, 0),
                .publish(12),
            ]
        ),
        // A goodbye comes while the store is at work for the same consumer.
        Schedule(
            storeMilliseconds: 10,
            steps: [
                .publish(3), .connect(.archive, 2), .wait(milliseconds: 1_000), .publish(3), .drain,
                .wait(milliseconds: 50),
            ]
        ),
        // Another connection becomes the one to look at, while what the first was sent is under way.
        Schedule(
            steps: [
                .connect(.onlooker, 0), .connect(.archive, 0), .connect(.archive, 1), .publish(3),
                .wait(milliseconds: 1_000), .lag(1), .lag(2), .publish(1), .wait(milliseconds: 1_000), .goodbye(0),
                .publish(1), .wait(milliseconds: 1_000), .kill(0, arrived: 0), .kill(0, arrived: 0),
            ]
        ),
        // A backlog of some windows.
        Schedule(
            storeMilliseconds: 1,
            hasProxy: true,
            steps: [
                .publish(3), .publish(12), .publish(12), .publish(12), .publish(12), .publish(5), .publish(5),
                .connect(.bot, 0),
            ]
        ),
        // The end comes before the log is read.
        Schedule(
            storeMilliseconds: 1,
            steps: [
                .connect(.bot, 0), .wait(milliseconds: 1), .publish(1), .wait(milliseconds: 1), .drain, .publish(5),
            ]
        ),
    ])
    func keepsItsPromises(schedule: Schedule) throws {
        try ScheduleRun.play(schedule)
    }

    private static func brokenPromise(of schedule: Schedule) -> String? {
        do {
            try ScheduleRun.play(schedule)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// A schedule without the steps that it breaks a promise without.
    private static func shrunk(_ schedule: Schedule, _ broken: String) -> String {
        var (schedule, broken) = (schedule, broken)
        var index = 0
        while index < schedule.steps.count {
            var shorter = schedule
            shorter.steps.remove(at: index)
            if let stillBroken = Self.brokenPromise(of: shorter) {
                (schedule, broken) = (shorter, stillBroken)
                index = 0
            } else {
                index += 1
            }
        }
        return "\(broken)\n\(schedule)"
    }
}
