// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The name of a consumer or group of a channel: 1 to 64 letters, digits, `.`, `_` and `-`, so that it needs no
/// escaping in a key, a metric or a URL.
public struct ConsumerName: Hashable, Sendable {
    /// How many consumers, and how many groups, a channel has at most.
    public static let limit = 64
    /// The consumer shared by all sockets that name none: the first of them to connect gets the events no socket has
    /// received.
    public static let anybody = ConsumerName(unchecked: "")

    /// The name; empty for `anybody`.
    public let text: String

    /// Whether it is `anybody`.
    public var isAnybody: Bool { self.text.isEmpty }

    /// Nil if the text is not a valid name.
    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text
    }

    private init(unchecked text: String) {
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension ConsumerName: CustomStringConvertible {
    /// The name as it is.
    public var description: String { self.text }
}
