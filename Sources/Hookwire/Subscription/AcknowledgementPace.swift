// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// When acknowledgements are sent. At once, for what a client that is killed had not sent comes again; but no more than the
/// relay takes of a client's frames (2,000 a second). The later one says all of the earlier. No IO and no clock of its own.
struct AcknowledgementPace {
    /// How many may be sent within a span.
    static let limit = 100
    static let span = TimeAmount.milliseconds(100)

    enum Action: Equatable {
        case now
        /// The newest is sent after the pause.
        case later(TimeAmount)
        /// One that is to be sent later says it, too.
        case waits
    }

    private var end = NIODeadline.uptimeNanoseconds(0)
    private var count = 0

    /// There is something to acknowledge.
    mutating func take(now: NIODeadline) -> Action {
        if now >= self.end {
            self.end = now + Self.span
            self.count = 0
        }
        self.count += 1
        if self.count <= Self.limit { return .now }
        return self.count == Self.limit + 1 ? .later(self.end - now) : .waits
    }
}
