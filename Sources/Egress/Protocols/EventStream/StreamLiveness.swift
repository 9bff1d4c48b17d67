// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Detects whether an event stream's client is still alive. The client sends nothing, so its TCP acknowledgements are
/// checked between a heartbeat's keep-alive and its check. Pure, and without a clock.
///
/// A client that reads slowly is alive: its TCP stack acknowledges a little now and then, or everything within its
/// receive window.
struct StreamLiveness {
    /// A stream's progress.
    struct Progress: Equatable {
        /// The kernel's progress on the connection; nil if unknown.
        var transmission: Transmission?
        /// How many bytes have not been handed to the kernel yet.
        var backlog: Int
    }

    /// The progress at the keep-alive, until it is checked.
    private var sign: Progress?

    /// The keep-alive was sent, or is queued.
    mutating func signSent(at progress: Progress) {
        self.sign = progress
    }

    /// Whether nothing has moved since: data in flight then was not acknowledged, or data queued for the receive window
    /// still is.
    mutating func isGone(at progress: Progress) -> Bool {
        guard let sign = self.sign.take(), !Self.hasMoved(from: sign.transmission, to: progress.transmission) else {
            return false
        }
        return sign.transmission?.isUnderWay ?? false || sign.backlog > 0 && progress.backlog >= sign.backlog
    }

    private static func hasMoved(from start: Transmission?, to end: Transmission?) -> Bool {
        guard let start, let end else { return false }
        return end.acknowledged > start.acknowledged
    }
}
