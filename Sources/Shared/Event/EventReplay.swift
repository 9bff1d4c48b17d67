// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What an event says that was published again by hand: which one it was, and for whom it is.
///
/// An object, so that the events that are none have room for a reference and no more.
public final class EventReplay: Sendable {
    /// Where the event stood when it came first.
    public let position: Position
    /// The only consumer, or group, that is to have it; nil for everybody.
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
    /// Writes a replay: epoch, offset, and the consumer's name, which is empty for everybody.
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
