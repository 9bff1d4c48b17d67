// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What an address may do.
public struct AddressGuardConfiguration: Sendable {
    /// How many wrong secrets, tokens and signatures ban an address; 0 for never.
    public var banAfter = 0
    /// For how long. Default five minutes.
    public var banTime = TimeAmount.minutes(5)
    /// How many requests it may send; nil for any number.
    public var rate: RateLimit?

    /// The defaults: everything.
    public init() {}

    /// Whether anything is limited.
    var isOn: Bool { self.banAfter > 0 || self.rate != nil }
}
