// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Marks an event as replayed by an operator: its original position, and whom it is for.
///
/// A class, so that other events spend only one reference on it.
public final class EventReplay: Sendable {
    /// The event's original position.
    public let position: Position
    /// The only consumer or group to receive it; nil for all.
    public let consumer: ConsumerName?

    /// A replay from its parts.
    public init(of position: Position, consumer: ConsumerName? = nil) {
        self.position = position
        self.consumer = consumer
    }

    /// How many bytes it takes where an event is encoded, at most.
    static let encodedCapacity = 16 + 4 + 64
}

extension ByteWriter {
    /// Writes a replay: epoch, offset, and the consumer's name, which is empty for all.
    mutating func writeReplay(_ replay: EventReplay) {
        self.write(replay.position.epoch.rawValue)
        self.write(replay.position.offset)
        self.writeCounted(replay.consumer?.text ?? "")
    }
}

extension EventReader {
    /// Reads a replay.
    mutating func readReplay(_ bytes: Span<UInt8>) throws(EventEncodingError) -> EventReplay {
        let epoch = Epoch(rawValue: try self.readInteger(bytes, byteCount: 8))
        let offset = try self.readInteger(bytes, byteCount: 8)
        let name = try self.readText(bytes)
        let consumer = ConsumerName(name)
        guard epoch.rawValue != 0, name.isEmpty || consumer != nil else { throw .invalidText }
        return EventReplay(of: Position(epoch: epoch, offset: offset), consumer: consumer)
    }
}
