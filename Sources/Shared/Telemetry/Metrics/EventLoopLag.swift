// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
public import NIOCore

/// Measures how late event loops are: a loop that computes too long, or blocks, keeps all its sockets waiting.
///
/// A task is due twice a second on each; how long after its time it runs is what anything else would have waited too.
public enum EventLoopLag {
    private static let interval = TimeAmount.milliseconds(500)

    /// Measures every loop of a group from now on, as `hookwire_event_loop_lag_seconds`, for as long as it runs.
    public static func measure(_ group: any EventLoopGroup) {
        let timer = Timer(label: "hookwire_event_loop_lag_seconds")
        for eventLoop in group.makeIterator() { self.measure(eventLoop, timer) }
    }

    private static func measure(_ eventLoop: any EventLoop, _ timer: Timer) {
        let due = NIODeadline.now() + self.interval
        // Not a repeated task: that plans the next run when it has run, and says not when it should have.
        eventLoop.scheduleTask(deadline: due) {
            timer.recordNanoseconds((NIODeadline.now() - due).nanoseconds)
            self.measure(eventLoop, timer)
        }
    }
}
