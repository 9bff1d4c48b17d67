// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The name of a registered bot: 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or a digit, so that
/// it needs no escaping in a URL, a log line, a metric or a file.
public struct BotName: Hashable, Sendable {
    /// The most bytes of a name.
    public static let maximumLength = 64
    /// What a name may be, to end the sentence "a name is …".
    public static let rule =
        "1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or a digit"

    /// The name as it is.
    public let text: String

    /// Nil if the text is not a valid name.
    public init?(_ text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
            let first = text.utf8.first, Self.isAlphanumeric(first)
        else { return nil }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        self.isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension BotName: Comparable {
    public static func < (left: BotName, right: BotName) -> Bool { left.text < right.text }
}

extension BotName: CustomStringConvertible {
    public var description: String { self.text }
}
