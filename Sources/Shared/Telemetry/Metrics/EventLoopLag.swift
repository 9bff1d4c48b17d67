// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
public import NIOCore

/// Measures event-loop lag: a loop that computes too long, or blocks, delays all its sockets.
///
/// A task is scheduled twice a second on each loop; its delay is what any other work would have waited too.
public enum EventLoopLag {
    private static let interval = TimeAmount.milliseconds(500)

    /// Measures every loop of a group from now on, as `hookwire_event_loop_lag_seconds`, for as long as it runs.
    public static func measure(_ group: any EventLoopGroup) {
        let timer = Timer(label: "hookwire_event_loop_lag_seconds")
        for eventLoop in group.makeIterator() { self.measure(eventLoop, timer) }
    }

    private static func measure(_ eventLoop: any EventLoop, _ timer: Timer) {
        let due = NIODeadline.now() + self.interval
        // Not a repeated task, which does not expose when it should have run.
        eventLoop.scheduleTask(deadline: due) {
            timer.recordNanoseconds((NIODeadline.now() - due).nanoseconds)
            self.measure(eventLoop, timer)
        }
    }
}
