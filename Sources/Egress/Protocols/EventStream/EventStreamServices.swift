// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// What the event streams of one event loop share. Never leaves its loop.
final class EventStreamServices {
    let envelopes: EnvelopeServices
    var heartbeats: HeartbeatWheel<EventStreamHandler>
    /// The heartbeats that are due, each of which may write to a connection.
    private var due: Deque<(heartbeat: Heartbeat, stream: EventStreamHandler)> = []

    /// On the lane's loop, whose streams are visited from now on.
    init(envelopes: EnvelopeServices, configuration: EgressConfiguration) {
        self.envelopes = envelopes
        self.heartbeats = HeartbeatWheel(
            period: configuration.pingInterval,
            answerTimeout: configuration.pongTimeout,
            now: envelopes.lane.eventLoop.now
        )
        let services = NIOLoopBound(WeakReference(self), eventLoop: envelopes.lane.eventLoop)
        envelopes.lane.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { task in
            guard let self = services.value.object else { return task.cancel() }
            self.beat(now: self.envelopes.lane.eventLoop.now)
        }
    }

    private func beat(now: NIODeadline) {
        // A loop that has not got through in a second has enough to do.
        guard self.due.isEmpty else { return }
        for visit in self.heartbeats.advance(to: now) {
            self.due.append(contentsOf: visit.members.map { (visit.heartbeat, $0) })
        }
        self.makeVisits()
    }

    /// Makes some of the visits that are due, and the others when the loop has looked at its input.
    private func makeVisits() {
        for _ in 0..<min(self.due.count, Lane.visitLimit) {
            let (heartbeat, stream) = self.due.removeFirst()
            stream.heartbeat(heartbeat)
        }
        guard !self.due.isEmpty else { return }
        let services = NIOLoopBound(self, eventLoop: self.envelopes.lane.eventLoop)
        self.envelopes.lane.afterInput { services.value.makeVisits() }
    }

    private final class WeakReference {
        weak var object: EventStreamServices?

        init(_ object: EventStreamServices) {
            self.object = object
        }
    }
}
