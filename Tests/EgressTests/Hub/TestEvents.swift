// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Synchronization

@testable import Egress

extension LogEntry {
    /// The event number `offset`, whose body is `text`, or its number.
    static func sample(_ offset: UInt64, _ text: String? = nil, epoch: Epoch = .sample) -> LogEntry {
        let body = ByteBuffer(string: text ?? "\(offset)")
        return LogEntry(
            position: Position(epoch: epoch, offset: offset),
            event: Event(platform: "test", receivedAt: 0, body: body, bodyIsUTF8: UTF8Validation.isValid(body))
        )
    }
}

extension Epoch {
    static let sample = Epoch(rawValue: 7)
}

extension ChannelFanOut {
    /// Serves up to `limit` sockets.
    func takeTurn(limit: Int) -> Turn {
        let clock = TickingClock()
        var slice = TimeSlice(.nanoseconds(Int64(limit - 1)), stride: 1, firstStride: 1) { clock.tick() }
        return self.takeTurn(&slice)
    }
}

/// A clock that goes on by a fixed time each time that somebody looks at it.
final class TickingClock: Sendable {
    private let step: TimeAmount
    private let time = Mutex(NIODeadline.uptimeNanoseconds(0))

    init(step: TimeAmount = .nanoseconds(1)) {
        self.step = step
    }

    func tick() -> NIODeadline {
        self.time.withLock { time in
            defer { time = time + self.step }
            return time
        }
    }
}

/// A member of a group that notes what it is given.
final class RecordingMember: FanOutMember {
    var fanOutIndex = 0
    private(set) var offsets: [UInt64] = []
    /// How many times something was delivered.
    private(set) var rounds = 0
    private(set) var interruptions: [UnrecoverableReason] = []
    /// Called with every delivery, before it is noted.
    var onDelivery: () -> Void = {}

    func deliver(_ round: FeedRound) {
        self.onDelivery()
        self.rounds += 1
        self.offsets += round.entries.map(\.position.offset)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.interruptions.append(reason)
    }

    var admission: Admission?
    private(set) var dismissals: [AccessLoss] = []

    var presenceDetails = PresenceDetails(speech: .raw)

    /// Called when the member is told that its node drains.
    var onDrain: () -> Void = {}

    func drain() { self.onDrain() }

    func dismiss(_ accessLoss: AccessLoss) {
        self.dismissals.append(accessLoss)
    }
}

extension LogPage {
    /// A page with the sample events of these offsets; nil for an empty one.
    static func sample(_ offsets: ClosedRange<UInt64>?, head: UInt64) -> LogPage {
        .entries(offsets.map { $0.map { LogEntry.sample($0) } } ?? [], head: .sample(head))
    }
}

extension Position {
    /// A position in another log than the samples'.
    static var other: Position { Position(epoch: Epoch(rawValue: 8), offset: 3) }
}
