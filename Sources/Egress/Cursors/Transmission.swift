// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The progress of a connection's bytes, counted by the kernel since it began.
struct Transmission: Equatable, Sendable {
    /// How many bytes were handed to the kernel.
    var written: UInt64
    /// How many of them it has not sent yet: the peer's receive window is full.
    var unsent: UInt64 = 0
    /// How many of them the peer's TCP stack has acknowledged.
    var acknowledged: UInt64

    /// Whether the peer's TCP stack has all of them.
    var isComplete: Bool { self.acknowledged >= self.written }

    /// Whether sent bytes are unacknowledged.
    var isUnderWay: Bool { self.written > self.acknowledged + self.unsent }
}
