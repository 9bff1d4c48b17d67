// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Ends the sockets of a lane a few at a time, spread over the drain time.
struct Drain: Sendable {
    /// How often some of the sockets are ended.
    private static let step = TimeAmount.milliseconds(50)

    private let lane: Lane
    private let deadline: NIODeadline

    init(lane: Lane, duration: TimeAmount) {
        self.lane = lane
        self.deadline = .now() + duration
    }

    /// Returns when no socket is left that was not told to end.
    func run() async {
        let promise = self.lane.eventLoop.makePromise(of: Void.self)
        self.lane.eventLoop.execute { self.turn(promise) }
        // The promise is only ever succeeded.
        try? await promise.futureResult.get()
    }

    private func turn(_ promise: EventLoopPromise<Void>) {
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
