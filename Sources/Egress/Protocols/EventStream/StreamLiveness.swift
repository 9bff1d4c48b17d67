// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whether the client of an event stream is still there. It has nothing to say, so what it was sent is looked at: how much of
/// that its system has acknowledged from a heartbeat's sign of life to its look. Pure, and without a clock.
///
/// A client that reads slowly is there: its system acknowledges a little now and then, or all of what there is room for.
struct StreamLiveness {
    /// How far a stream is.
    struct Progress: Equatable {
        /// What the system says of the connection; nil where it does not.
        var transmission: Transmission?
        /// How many bytes wait to be given to it.
        var backlog: Int
    }

    /// How far it was at the sign of life, until it was looked at.
    private var sign: Progress?

    /// The heartbeat's sign of life was sent, or waits behind what is.
    mutating func signSent(at progress: Progress) {
        self.sign = progress
    }

    /// Whether nothing has become of what was on its way then: what the peer's system had room for was not acknowledged, or
    /// what waited for room still does.
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
