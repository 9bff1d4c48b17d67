// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What the event streams of one event loop share. Never leaves its loop.
final class EventStreamServices {
    let envelopes: EnvelopeServices
    var heartbeats: HeartbeatWheel<EventStreamHandler>

    /// On the lane's loop, whose streams are visited from now on.
    init(envelopes: EnvelopeServices, configuration: EgressConfiguration) {
        self.envelopes = envelopes
        self.heartbeats = HeartbeatWheel(
            period: configuration.pingInterval,
            answerTimeout: configuration.pongTimeout,
            now: .now()
        )
        let services = NIOLoopBound(WeakReference(self), eventLoop: envelopes.lane.eventLoop)
        envelopes.lane.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { task in
            guard let self = services.value.object else { return task.cancel() }
            self.beat(now: .now())
        }
    }

    private func beat(now: NIODeadline) {
        for visit in self.heartbeats.advance(to: now) {
            for stream in visit.members { stream.heartbeat(visit.heartbeat) }
        }
    }

    private final class WeakReference {
        weak var object: EventStreamServices?

        init(_ object: EventStreamServices) {
            self.object = object
        }
    }
}
