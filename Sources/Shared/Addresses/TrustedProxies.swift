// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The networks of the load balancers and proxies that are trusted to report a client's address. Anyone else can forge
/// the same fields.
public struct TrustedProxies: Hashable, Sendable {
    /// No proxy is trusted: a client's address is its connection's.
    public static let none = TrustedProxies([])

    /// How many networks there are at most.
    public static let limit = 1_024

    private let networks: [IPNetwork]

    /// The proxies of some networks.
    public init(_ networks: [IPNetwork]) {
        self.networks = networks
    }

    /// What `init(_: String)` takes, to end the sentence "… must be".
    public static let expectation =
        "networks such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7, loopback, or private, with commas between them"

    /// Reads networks with commas between them, and the words `loopback` and `private`; nil for anything else.
    public init?(_ text: String) {
        var networks: [IPNetwork] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = String(part).trimmingOptionalWhitespace
            switch word {
            case "loopback":
                networks += IPNetwork.loopback
            case "private":
                networks += IPNetwork.private
            default:
                guard let network = IPNetwork(word) else { return nil }
                networks.append(network)
            }
            guard networks.count <= Self.limit else { return nil }
        }
        self.init(networks)
    }

    /// Whether no network is trusted.
    public var isEmpty: Bool { self.networks.isEmpty }

    /// Whether a peer at an address is trusted.
    public func contains(_ address: IPAddress) -> Bool {
        self.networks.contains(address)
    }
}
