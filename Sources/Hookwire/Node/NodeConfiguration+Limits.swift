// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Egress
internal import Logging
internal import NIOCore
internal import Shared

/// What addresses may do on a node.
struct NodeLimits: Sendable {
    var proxies = TrustedProxies.none
    var addresses = AddressGuardConfiguration()
    /// Nil for never in an open relay, and as below where bots are registered.
    var banAfter: Int?
    var sockets = SocketLimits()
}

extension NodeConfiguration {
    /// How many wrong secrets, tokens and signatures ban an address where only registered bots' are right.
    private static let defaultBanAfter = 100

    /// The address guard; nil if no limits are set.
    func addressGuard(logger: Logger) -> AddressGuard? {
        var addresses = self.nodeLimits.addresses
        addresses.banAfter = self.nodeLimits.banAfter ?? (self.access == .registered ? Self.defaultBanAfter : 0)
        return AddressGuard(configuration: addresses, logger: logger)
    }

    mutating func readLimits(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.proxies("trusted-proxies"), into: &self, \.nodeLimits.proxies)
        self.nodeLimits.addresses.rate = try Self.limit(reader, "address-rate", burst: "address-burst")
        self.nodeLimits.banAfter = try reader.value(.number("ban-after", in: 0...1_000_000))
        let times = TimeAmount.seconds(1) ... .hours(24)
        try reader.read(.duration("ban-time", in: times), into: &self, \.nodeLimits.addresses.banTime)
        self.nodeLimits.sockets.perAddress = try reader.value(.number("sockets-per-address", in: 1...1_000_000))
        self.nodeLimits.sockets.new = try Self.limit(reader, "new-sockets", burst: "new-sockets-burst")
    }

    private static func limit(
        _ reader: SettingsReader,
        _ name: String,
        burst: String
    ) throws(SettingsError) -> RateLimit? {
        let rate = try reader.value(.rate(name))
        let burstCount = try reader.value(.number(burst, in: 1...1_000_000))
        guard let rate else {
            guard burstCount == nil else {
                throw SettingsError(message: "--\(burst) says nothing without --\(name): give both.")
            }
            return nil
        }
        return RateLimit(rate: rate, burst: burstCount)
    }
}
