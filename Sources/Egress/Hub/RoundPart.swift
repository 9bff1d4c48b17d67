// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Which part of a round is new to a client.
enum RoundPart: Equatable {
    /// None: the client has had it.
    case nothing
    /// All of it; or, where it came while the first events were on their way to the client, those behind `after`.
    case events(after: UInt64?)

    /// The part behind a position. A client with a position in another log has had nothing of the round.
    ///
    /// - Parameters:
    ///   - position: the last event that the client has had.
    ///   - first: the offset of the round's first event.
    ///   - end: the position of its last event.
    init(after position: Position, first: UInt64, end: Position) {
        if position.epoch != end.epoch || position.offset < first {
            self = .events(after: nil)
        } else if position.offset < end.offset {
            self = .events(after: position.offset)
        } else {
            self = .nothing
        }
    }
}
