// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a client is told about the events between where it was and where its stream goes on: never nothing.
enum Recovery: Equatable {
    /// All of them follow, in order.
    case recovered(from: Position)
    /// They are not all there any more: the stream goes on behind `position`.
    case lost(Reason, position: Position)

    /// Why events cannot be had. The raw value is what a client is told, and a metric label.
    enum Reason: String, CaseIterable, Sendable {
        case epochChanged = "epoch_changed"
        case trimmed
        case ahead
        /// What the client gave as its position is none.
        case badPosition = "bad_position"

        init(_ reason: UnrecoverableReason) {
            switch reason {
            case .epochChanged: self = .epochChanged
            case .trimmed: self = .trimmed
            case .ahead: self = .ahead
            }
        }

        /// For the author of the client.
        var explanation: String {
            switch self {
            case .epochChanged: "the log lost its memory since, or the position is of another bot"
            case .trimmed: "events after the position were let go, by age, number or memory"
            case .ahead: "the position is ahead of the log"
            case .badPosition: "this is no position; use what an event gave as its position or id"
            }
        }
    }

    /// Where the stream goes on: the next event is the one behind it.
    var position: Position {
        switch self {
        case .recovered(let position), .lost(_, let position): position
        }
    }
}
