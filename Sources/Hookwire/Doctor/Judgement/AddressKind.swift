// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Who can reach an IP address (RFC 6890).
enum AddressKind: String, Sendable {
    case `public`
    /// Loopback, private and link-local networks, and those of providers' own (RFC 6598).
    case `private`
    /// 198.18.0.0/15, meant for benchmarks: what proxy programs hand out for names that they resolve themselves.
    case fake

    /// - Returns: nil where the text is no address.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self = Self.kind(of: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self = Self.kind(ofIPv6: bytes)
        } else {
            return nil
        }
    }

    /// Whether what is sent to an address stays on this machine: 127.0.0.0/8 and ::1.
    static func isLoopback(_ text: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return bytes[0] == 127 }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return false }
        return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    private static func kind(of address: UInt32) -> AddressKind {
        switch address {
        case 0x0000_0000...0x00FF_FFFF, 0x0A00_0000...0x0AFF_FFFF, 0x6440_0000...0x647F_FFFF,
            0x7F00_0000...0x7FFF_FFFF, 0xA9FE_0000...0xA9FE_FFFF, 0xAC10_0000...0xAC1F_FFFF,
            0xC0A8_0000...0xC0A8_FFFF:
            .private
        case 0xC612_0000...0xC613_FFFF: .fake
        default: .public
        }
    }

    private static func kind(ofIPv6 bytes: [UInt8]) -> AddressKind {
        let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] <= 1
        let isUniqueLocal = bytes[0] & 0xFE == 0xFC
        let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
        return isLoopback || isUniqueLocal || isLinkLocal ? .private : .public
    }
}
