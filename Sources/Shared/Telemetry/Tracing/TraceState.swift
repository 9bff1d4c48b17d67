// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Vendor-specific trace data: the `tracestate` of W3C Trace Context, level 1, section 3.3. Passed on unchanged, within
/// limits.
public struct TraceState: Hashable, Sendable {
    /// The size that every system should be able to pass on (section 3.3.1.5), in bytes; here the maximum.
    public static let limit = 512
    private static let memberLimit = 32

    /// The members, joined by commas; empty for none.
    public let text: String

    /// Nothing.
    public static let none = TraceState(text: "")

    private init(text: String) {
        self.text = text
    }

    /// Reads the values of all fields of that name, in their order.
    ///
    /// - Returns: nil if they are too long or too many, if a key occurs twice, or if one is invalid: a partial state is
    ///   of no use.
    public init?(_ values: [String]) {
        var members: [Substring] = []
        var keys: Set<Substring> = []
        var length = 0
        for value in values {
            length += value.utf8.count + 1
            guard length <= Self.limit + 1 else { return nil }
            for part in value.split(separator: ",") {
                let member = Self.trimmed(part)
                // Empty members are allowed, and mean nothing.
                if member.isEmpty { continue }
                guard let key = Self.key(of: member), keys.insert(key).inserted, members.count < Self.memberLimit else {
                    return nil
                }
                members.append(member)
            }
        }
        self.text = members.joined(separator: ",")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }

    /// The key of a member as in section 3.3.1.3: `key=value`, or `tenant@system=value`.
    private static func key(of member: Substring) -> Substring? {
        guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let key = member[..<equals]
        let value = member[member.utf8.index(after: equals)...].utf8
        guard (1...256).contains(value.count), value.last != 0x20,
            value.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ",") })
        else { return nil }
        let parts = key.split(separator: "@", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return self.isKey(parts[0], limit: 256, beginsWithDigit: false) ? key : nil
        case 2:
            return self.isKey(parts[0], limit: 241, beginsWithDigit: true)
                && self.isKey(parts[1], limit: 14, beginsWithDigit: false) ? key : nil
        default: return nil
        }
    }

    private static func isKey(_ text: Substring, limit: Int, beginsWithDigit: Bool) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= limit,
            self.isLetter(first) || (beginsWithDigit && self.isDigit(first))
        else { return false }
        return text.utf8.allSatisfy {
            self.isLetter($0) || self.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "/")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
