// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// Writes log lines without blocking: a pipe's reader may have stalled, and a write to a full pipe would block an event
/// loop with all its sockets. Any thread.
///
/// Lines are written at once and in order, and there is nothing to be flushed. A line without room waits briefly;
/// further ones do not, and are dropped and counted, until there is room again. A line of more than a page (4 KiB) may
/// still block: there may be room for only part of it.
public final class LogOutlet: Sendable {
    /// How many lines were dropped.
    private static let metric = "hookwire_log_lines_dropped_total"

    private struct State {
        var isStuck = false
        var dropped = 0
    }

    private let descriptor: Int32
    private let patience: Int32
    /// Held while a line is written, so that no other line takes the room it found.
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: the descriptor that lines are written to.
    ///   - patience: for how many milliseconds one line waits for room.
    public init(descriptor: Int32, patience: Int32 = 100) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// How many lines were dropped.
    var dropped: Int { self.state.withLock { $0.dropped } }

    /// Shows the metric from the start: a rate needs a zero to begin from.
    public static func show() {
        Counter(label: self.metric).increment(by: 0)
    }

    /// Writes a line where there is room for it.
    public func write(_ line: () -> Void) {
        self.state.withLock { state in
            state.isStuck = !OutputRoom.isThere(at: self.descriptor, within: state.isStuck ? 0 : self.patience)
            guard !state.isStuck else {
                state.dropped += 1
                // Created only when a line is lost: the first lines come before metrics are bootstrapped.
                return Counter(label: Self.metric).increment()
            }
            line()
        }
    }
}
