// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The limits of a client address.
public struct AddressGuardConfiguration: Sendable {
    /// How many wrong secrets, tokens and signatures get an address banned; 0 for never.
    public var banAfter = 0
    /// How long a ban lasts. Default five minutes.
    public var banTime = TimeAmount.minutes(5)
    /// Its request rate; nil for no limit.
    public var rate: RateLimit?

    /// The defaults: no limits.
    public init() {}

    /// Whether anything is limited.
    var isOn: Bool { self.banAfter > 0 || self.rate != nil }
}
