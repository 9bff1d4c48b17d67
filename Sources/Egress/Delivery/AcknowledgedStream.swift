// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Tracks the cursor of a client that acknowledges events (`ack=1`). No IO and no clock.
///
/// An acknowledgement covers everything up to its position. Events that the filter excluded count as acknowledged once
/// all that were sent are; for a client that did not begin at the cursor, not before its first acknowledgement, since
/// it never owned what lies between.
final class AcknowledgedStream {
    /// Whether everything up to what the client was sent is either acknowledged or its to acknowledge.
    private var isContinuous: Bool
    /// How far the log was scanned for the client.
    private var end: Position?
    /// The last event sent to the client, until it is acknowledged.
    private var open: Position?

    /// - Parameter beginsAtCursor: whether the client begins at its consumer's cursor.
    init(beginsAtCursor: Bool) {
        self.isContinuous = beginsAtCursor
    }

    /// The client was sent the events that passed its filter.
    ///
    /// - Parameters:
    ///   - end: how far the log was scanned.
    ///   - last: the last event that was sent, if any was.
    /// - Returns: the new cursor, if it moves.
    func sent(upTo end: Position, last: Position?) -> Position? {
        self.end = end
        self.open = last ?? self.open
        return self.isContinuous && self.open == nil ? end : nil
    }

    /// The client has acknowledged everything up to a position.
    ///
    /// - Parameter head: the log's head as known to the feed; events read from the log itself may be ahead of it.
    /// - Returns: the new cursor; nil for a position that is not of this log.
    func acknowledged(_ position: Position, head: Position) -> Position? {
        let isKnown = [head, self.end].contains { known in
            known.map { $0.epoch == position.epoch && $0.offset >= position.offset } ?? false
        }
        guard isKnown else { return nil }
        guard let open else { return position }
        guard open.epoch == position.epoch, position.offset >= open.offset else { return position }
        self.open = nil
        self.isContinuous = true
        guard let end, end.epoch == position.epoch, end.offset > position.offset else { return position }
        return end
    }
}

@available(*, unavailable)
extension AcknowledgedStream: Sendable {}
