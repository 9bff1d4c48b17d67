// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a log cannot be read from a position. Also a metric label.
public enum UnrecoverableReason: String, Sendable, CaseIterable {
    /// The log's contents were lost since, or the position belongs to another channel.
    case epochChanged = "epoch_changed"
    /// Events after the position were trimmed by count, age or memory.
    case trimmed
    /// The position is ahead of the log.
    case ahead
}
