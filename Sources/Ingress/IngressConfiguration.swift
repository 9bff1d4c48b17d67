// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How an ingress node verifies requests.
public struct IngressConfiguration: Sendable {
    /// How a platform's signature is checked.
    public enum SignatureCheck: String, Sendable, CaseIterable {
        /// With the private key that the node holds anyway; what that refuses goes to the standard check, within a
        /// budget.
        case keyed
        /// Standard verification with the public key.
        case standard
    }

    /// How far a signed timestamp may be from the node's clock, either way. Default 5 minutes.
    public var freshness = TimeAmount.minutes(5)
    /// How signatures are checked. Default `keyed`.
    public var signatureCheck = SignatureCheck.keyed
    /// How many bots' derived keys an event loop keeps at most. Default 32,768.
    public var keyCacheCapacity = 32_768

    /// How long a request waits for the bot's reply, if its platform accepts one; at most 4.5 s for WeChat, which gives
    /// up after 5 s. Default 4.5 s.
    public var replyTimeout = TimeAmount.milliseconds(4_500)

    /// The defaults.
    public init() {}
}
