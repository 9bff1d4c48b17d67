// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How far a connection's bytes are, counted by the system since it began.
struct Transmission: Equatable, Sendable {
    /// How many bytes the system was given to send.
    var written: UInt64
    /// How many of them it has not sent yet: the peer's has no room for them.
    var unsent: UInt64 = 0
    /// How many of them the peer's system has acknowledged.
    var acknowledged: UInt64

    /// Whether the peer's system has all of them.
    var isComplete: Bool { self.acknowledged >= self.written }

    /// Whether anything was sent that the peer's system has not acknowledged.
    var isUnderWay: Bool { self.written > self.acknowledged + self.unsent }
}
