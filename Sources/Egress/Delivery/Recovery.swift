// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a client is told about the events between its last position and where its stream continues.
enum Recovery: Equatable {
    /// All of them follow, in order.
    case recovered(from: Position)
    /// Not all of them are retained: the stream continues after `position`.
    case lost(Reason, position: Position)

    /// Why events are unavailable. The raw value is sent to the client, and a metric label.
    enum Reason: String, CaseIterable, Sendable {
        case epochChanged = "epoch_changed"
        case trimmed
        case ahead
        /// The client gave an invalid position.
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

    /// Where the stream continues: the next event is the one after it.
    var position: Position {
        switch self {
        case .recovered(let position), .lost(_, let position): position
        }
    }
}
