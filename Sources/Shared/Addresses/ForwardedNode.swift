// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The sender of a request as reported by a proxy (RFC 7239, section 6).
enum ForwardedNode: Hashable, Sendable {
    /// An address; the port is ignored.
    case address(IPAddress)
    /// `unknown`, a name that hides the address (`_hidden`), or nothing that can be read.
    case hidden

    /// Reads an element of `X-Forwarded-For`: an address, in brackets or not, with a port or without.
    init(text: Substring) {
        self = Self.address(of: text).map { .address($0) } ?? .hidden
    }

    /// Reads an element of `Forwarded`: `for=192.0.2.43;proto=http`, `For="[2001:db8:cafe::17]:4711"`.
    init(element: Substring) {
        var rest = element
        var found: ForwardedNode?
        while let pair = FieldList.takeLast(from: &rest, separator: ";") {
            guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")),
                pair[..<equals].lowercased() == "for"
            else { continue }
            // A parameter may occur once; a second one could be forged.
            guard found == nil else {
                self = .hidden
                return
            }
            let value = pair[pair.utf8.index(after: equals)...]
            found = Self.unquoted(value).map { Self(text: $0) } ?? .hidden
        }
        self = found ?? .hidden
    }

    /// A token, or the text of a quoted string. No address has anything that would have to be escaped.
    private static func unquoted(_ value: Substring) -> Substring? {
        guard value.utf8.first == UInt8(ascii: "\"") else { return value }
        guard value.utf8.count >= 2, value.utf8.last == UInt8(ascii: "\"") else { return nil }
        return value.dropFirst().dropLast()
    }

    private static func address(of text: Substring) -> IPAddress? {
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let port = text[text.utf8.index(after: end)...]
            guard port.isEmpty || Self.isPort(port) else { return nil }
            guard let address = IPAddress(text[..<end].dropFirst()), text[..<end].utf8.contains(UInt8(ascii: ":"))
            else { return nil }
            return address
        }
        if let address = IPAddress(text) { return address }
        // One colon: IPv4 and a port.
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), Self.isPort(text[colon...]) else { return nil }
        return IPAddress(text[..<colon])
    }

    /// Whether it is a colon and a port, which may be obfuscated.
    private static func isPort(_ text: Substring) -> Bool {
        guard text.utf8.first == UInt8(ascii: ":"), (2...32).contains(text.utf8.count) else { return false }
        return text.utf8.dropFirst().allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "._-".utf8.contains(byte)
        }
    }
}
