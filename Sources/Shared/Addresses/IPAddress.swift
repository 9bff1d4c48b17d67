// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// An IP address without a port. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
public struct IPAddress: Hashable, Sendable {
    /// Its address family.
    public enum Family: Sendable {
        case v4
        case v6

        /// How many bits an address has.
        public var bitCount: Int {
            switch self {
            case .v4: 32
            case .v6: 128
            }
        }
    }

    public let family: Family
    /// The first 64 bits of IPv6; 0 for IPv4.
    private let high: UInt64
    /// The last 64 bits of IPv6; the 32 of IPv4.
    private let low: UInt64

    private init(_ family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// The address of 4 or 16 bytes in network order; nil for any other number of them.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self.init(.v4, high: 0, low: Self.number(bytes))
        case 16:
            let (high, low) = (Self.number(bytes.prefix(8)), Self.number(bytes.dropFirst(8)))
            self =
                high == 0 && low >> 32 == 0xFFFF
                ? IPAddress(.v4, high: 0, low: low & 0xFFFF_FFFF) : IPAddress(.v6, high: high, low: low)
        default:
            return nil
        }
    }

    /// The IP address of a socket address; nil if it has none.
    public init?(_ address: SocketAddress) {
        switch address {
        // After family, port and, for IPv6, flow information: the same offset on all systems.
        case .v4(let address):
            guard let parsed = withUnsafeBytes(of: address.address, { Self(bytes: $0[4..<8]) }) else { return nil }
            self = parsed
        case .v6(let address):
            guard let parsed = withUnsafeBytes(of: address.address, { Self(bytes: $0[8..<24]) }) else { return nil }
            self = parsed
        case .unixDomainSocket:
            return nil
        }
    }

    /// Parses an address in text form, without brackets, port or zone; nil for anything else.
    public init?(_ text: some StringProtocol) {
        // The longest is ::ffff:255.255.255.255 with all its zeros.
        guard text.utf8.count <= 45, !text.utf8.contains(UInt8(ascii: "%")),
            let address = try? SocketAddress(ipAddress: String(text), port: 0)
        else { return nil }
        self.init(address)
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The address with all bits after the first `bits` cleared.
    func masked(to bits: Int) -> IPAddress {
        switch self.family {
        case .v4:
            return IPAddress(.v4, high: 0, low: self.low & Self.mask(bits + 32) & 0xFFFF_FFFF)
        case .v6:
            return IPAddress(.v6, high: self.high & Self.mask(bits), low: self.low & Self.mask(bits - 64))
        }
    }

    private static func mask(_ bits: Int) -> UInt64 {
        bits <= 0 ? 0 : bits >= 64 ? .max : .max << UInt64(64 - bits)
    }

    /// What a client is rate-limited by: an IPv4 address, or the first 64 bits of an IPv6 address, since a site is
    /// assigned at least a /64 (RFC 6177, section 2).
    public var client: IPAddress {
        switch self.family {
        case .v4: self
        case .v6: self.masked(to: 64)
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address in text form.
    public var description: String {
        let number = self.family == .v4 ? [self.low << 32] : [self.high, self.low]
        var bytes = ByteBuffer()
        for part in number { bytes.writeInteger(part) }
        bytes = bytes.getSlice(at: 0, length: self.family.bitCount / 8) ?? bytes
        let address = try? SocketAddress(packedIPAddress: bytes, port: 0)
        return address?.ipAddress ?? "unknown"
    }
}
