// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The part of a round that is new to a client.
enum RoundPart: Equatable {
    /// None: the client has received all of it.
    case nothing
    /// All of it; or only the events after `after`, if the client has the first ones already.
    case events(after: UInt64?)

    /// Determines the part after a position. A client with a position in another epoch has received nothing of the
    /// round.
    ///
    /// - Parameters:
    ///   - position: the last event that the client has received.
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
