// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// Where log lines go, and what keeps them from holding anybody up: who reads a pipe may have stopped reading it, and whoever
/// writes into a full one waits, an event loop with all its sockets too. Any thread.
///
/// Lines are written at once and in order, and there is nothing to be flushed. One that has no room waits a moment for it; the
/// next ones do not, until there is room again, and are dropped and counted. A line of more than a page (4 KiB) may wait all
/// the same: there need not be room for all of it.
public final class LogOutlet: Sendable {
    /// How many lines were dropped.
    private static let metric = "hookwire_log_lines_dropped_total"

    private struct State {
        var isStuck = false
        var dropped = 0
    }

    private let descriptor: Int32
    private let patience: Int32
    /// Held while a line is written, so that the room that was found is this one's.
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: what lines are written to, by whoever is let pass.
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
                // Made here, where a line is lost anyway: the first lines come before there are metrics.
                return Counter(label: Self.metric).increment()
            }
            line()
        }
    }
}
