// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Where the cursor of a client stands that acknowledges what it is done with (`ack=1`). No IO and no clock.
///
/// An acknowledgement is of everything up to its position. What the client was not sent because of its filter counts as
/// done with as soon as all that it was sent is.
final class AcknowledgedStream {
    /// How far the log was looked at for the client.
    private var end: Position?
    /// The last event that the client was sent, until it has acknowledged it.
    private var open: Position?

    /// The client was sent what passed its filter.
    ///
    /// - Parameters:
    ///   - end: how far the log was looked at.
    ///   - last: the last event that was sent, if any was.
    /// - Returns: where the cursor goes, if anywhere.
    func sent(upTo end: Position, last: Position?) -> Position? {
        self.end = end
        self.open = last ?? self.open
        return self.open == nil ? end : nil
    }

    /// The client is done with everything up to a position.
    ///
    /// - Parameter head: where the log stands as far as its feed knows; what was read from the log itself may be ahead of it.
    /// - Returns: where the cursor goes; nil for a position that is none of this log's.
    func acknowledged(_ position: Position, head: Position) -> Position? {
        let isKnown = [head, self.end].contains { known in
            known.map { $0.epoch == position.epoch && $0.offset >= position.offset } ?? false
        }
        guard isKnown else { return nil }
        guard let open else { return position }
        guard open.epoch == position.epoch, position.offset >= open.offset else { return position }
        self.open = nil
        guard let end, end.epoch == position.epoch, end.offset > position.offset else { return position }
        return end
    }
}

@available(*, unavailable)
extension AcknowledgedStream: Sendable {}
