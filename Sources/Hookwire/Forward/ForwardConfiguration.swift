// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What `hookwire forward` does.
struct ForwardConfiguration: Sendable {
    var relay: WebAddress
    var key: RelayKey
    var local: WebAddress
    var consumer: String
    var filters: [Subscription.Filter]
    var headers: [(name: String, value: String)]
    var concurrency: Int
    var attempts: Int
    /// How long the local server has for an answer.
    var timeout: TimeAmount
    /// Whether any certificate of the relay's will do.
    var isInsecure: Bool
    /// Whether any certificate of the local server's will do.
    var isLocalInsecure: Bool
    var printsJSON: Bool
}
