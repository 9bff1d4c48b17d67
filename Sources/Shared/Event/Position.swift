// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The random name of a channel's log. A new one means that the log's contents were lost and offsets restart.
public struct Epoch: Hashable, Sendable {
    /// The name as a number, never zero.
    public let rawValue: UInt64

    /// An epoch from its number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// A new epoch that no log had before.
    public static func random() -> Epoch {
        Epoch(rawValue: UInt64.random(in: 1...UInt64.max))
    }
}

extension Epoch: LosslessStringConvertible {
    /// Up to sixteen lower-case hexadecimal digits.
    public var description: String {
        String(self.rawValue, radix: 16)
    }

    /// Reads what `description` wrote; anything else, zero too, is nil.
    public init?(_ description: String) {
        guard description.utf8.count <= 16,
            description.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let value = UInt64(description, radix: 16), value != 0
        else { return nil }
        self.rawValue = value
    }
}

/// A place in a channel's log: everything up to and including `offset` is behind it.
public struct Position: Hashable, Sendable {
    /// The log that the offset counts in.
    public var epoch: Epoch
    /// The number of the last event behind this position. Events count 1, 2, 3 …; 0 is before the first.
    public var offset: UInt64

    /// A position from its parts.
    public init(epoch: Epoch, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }

    /// The position just before this one, which must be an event's (offset at least 1).
    public var predecessor: Position {
        Position(epoch: self.epoch, offset: self.offset - 1)
    }
}

extension Position: LosslessStringConvertible {
    /// `<epoch>-<offset>`, for instance `9f2c61d07a55e013-42`: fit for a query, a header and an SSE event id.
    public var description: String {
        "\(self.epoch)-\(self.offset)"
    }

    /// Reads what `description` wrote; anything else is nil.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Epoch(String(parts[0])),
            parts[1] == "0" || !parts[1].hasPrefix("0"), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let offset = UInt64(parts[1])
        else { return nil }
        self.init(epoch: epoch, offset: offset)
    }
}
