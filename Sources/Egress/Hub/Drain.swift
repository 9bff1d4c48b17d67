// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Ends the sockets of a lane a few at a time, spread over the drain time.
///
/// Events in transit are delivered first: a log in memory is lost with the process. Where other nodes publish there may
/// always be more, but their log survives, so that the wait is bounded.
struct Drain: Sendable {
    /// How often some of the sockets are ended.
    private static let step = TimeAmount.milliseconds(50)
    /// How long the drain waits for events in transit before the first socket ends, and how often it checks.
    private static let patience = TimeAmount.seconds(1)
    private static let look = TimeAmount.milliseconds(1)

    private let lane: Lane
    private let deadline: NIODeadline
    private let patienceEnd: NIODeadline

    init(lane: Lane, duration: TimeAmount) {
        self.lane = lane
        self.deadline = .now() + duration
        self.patienceEnd = .now() + Self.patience
    }

    /// Returns when no socket is left that was not told to end.
    func run() async {
        // The future only ever succeeds.
        try? await self.lane.eventLoop.flatSubmit { self.begin() }.get()
    }

    /// The same on the lane's loop.
    func begin() -> EventLoopFuture<Void> {
        let promise = self.lane.eventLoop.makePromise(of: Void.self)
        self.awaitDelivery(promise)
        return promise.futureResult
    }

    private func awaitDelivery(_ promise: EventLoopPromise<Void>) {
        guard self.lane.isBehind, .now() < self.patienceEnd else { return self.turn(promise) }
        self.lane.eventLoop.scheduleTask(in: Self.look) { self.awaitDelivery(promise) }
    }

    private func turn(_ promise: EventLoopPromise<Void>) {
        self.lane.rest()
        let members = self.lane.members
        guard !members.isEmpty else { return promise.succeed() }
        let remaining = max(0, (self.deadline - .now()).nanoseconds)
        // Few sockets: one at a time, far apart. Many: some every step. Sockets also leave by themselves, so the
        // remaining ones are spread over the remaining time.
        let pause = max(Self.step.nanoseconds, remaining / Int64(members.count))
        let turns = max(1, remaining / pause)
        for member in members.prefix((members.count + Int(turns) - 1) / Int(turns)) {
            member.drain()
        }
        if self.lane.members.isEmpty { return promise.succeed() }
        self.lane.eventLoop.scheduleTask(in: .nanoseconds(pause)) { self.turn(promise) }
    }
}
