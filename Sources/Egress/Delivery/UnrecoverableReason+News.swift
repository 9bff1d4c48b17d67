// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension UnrecoverableReason {
    /// Whether a client that gets what comes has lost anything by an interruption of its feed.
    ///
    /// One that joined behind it has not: it was on its way to the client's loop. Where the log itself has gone back,
    /// which `.ahead` says, it has.
    ///
    /// - Parameters:
    ///   - position: how far the client is.
    ///   - head: where the feed goes on.
    func isNews(to position: Position, head: Position) -> Bool {
        head.epoch != position.epoch || head.offset > position.offset || self == .ahead
    }
}
