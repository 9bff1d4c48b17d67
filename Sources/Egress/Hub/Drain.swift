// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Ends the sockets of a lane a few at a time, spread over the drain time.
///
/// What is on its way to them goes first: a log in memory goes with the process, and nobody could have it again. Where
/// other nodes publish there may always be something, and its log stays: so that is waited for a moment only.
struct Drain: Sendable {
    /// How often some of the sockets are ended.
    private static let step = TimeAmount.milliseconds(50)
    /// How long the sockets' first turn waits for what is on its way, and how often it looks.
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
        // Few sockets: one at a time, far apart. Many: some every step. Sockets leave as they are told, so that what is
        // left is spread over what is left of the time.
        let pause = max(Self.step.nanoseconds, remaining / Int64(members.count))
        let turns = max(1, remaining / pause)
        for member in members.prefix((members.count + Int(turns) - 1) / Int(turns)) {
            member.drain()
        }
        if self.lane.members.isEmpty { return promise.succeed() }
        self.lane.eventLoop.scheduleTask(in: .nanoseconds(pause)) { self.turn(promise) }
    }
}
