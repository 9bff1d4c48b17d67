// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension UnrecoverableReason {
    /// Whether a live client has lost events by an interruption of its feed.
    ///
    /// One that joined after the interruption has not: the notice was in transit to its loop. If the log itself was
    /// rolled back (`.ahead`), it has.
    ///
    /// - Parameters:
    ///   - position: how far the client is.
    ///   - head: where the feed continues.
    func isNews(to position: Position, head: Position) -> Bool {
        head.epoch != position.epoch || head.offset > position.offset || self == .ahead
    }
}
