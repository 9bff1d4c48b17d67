// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// An IP network in CIDR notation (RFC 4632, section 3.1).
public struct IPNetwork: Hashable, Sendable {
    private let address: IPAddress
    private let bits: Int

    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or an address, which is a network of one; nil for anything else. Bits
    /// after the prefix are ignored.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        var bits = address.family.bitCount
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(parts[1]), number <= bits
            else { return nil }
            bits = number
        }
        self.address = address.masked(to: bits)
        self.bits = bits
    }

    /// Whether an address is in the network.
    public func contains(_ other: IPAddress) -> Bool {
        other.family == self.address.family && other.masked(to: self.bits) == self.address
    }

    /// This machine (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
    public static let loopback = Self.networks("127.0.0.0/8", "::1/128")

    /// Networks not on the public Internet: private networks (RFC 1918, RFC 4193), shared address space, also used by
    /// clusters (RFC 6598), and link-local addresses (RFC 3927; RFC 4291, section 2.5.6).
    public static let `private` = Self.networks(
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10"
    )

    private static func networks(_ texts: String...) -> [IPNetwork] {
        texts.map { text in
            guard let network = IPNetwork(text) else { preconditionFailure("\(text) is a network") }
            return network
        }
    }
}

extension Sequence<IPNetwork> {
    /// Whether an address is in one of the networks.
    func contains(_ address: IPAddress) -> Bool {
        self.contains { $0.contains(address) }
    }
}
