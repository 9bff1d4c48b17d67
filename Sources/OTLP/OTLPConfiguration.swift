// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// Where spans go, and how much is kept until they are there.
public struct OTLPConfiguration: Sendable {
    /// A header field of every request, for collectors that require authentication.
    public struct Header: Sendable {
        public var name: String
        public var value: Secret

        public init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }

    /// What is added to a collector's address (OTLP specification, "OTLP/HTTP Request").
    public static let tracesPath = "/v1/traces"

    /// The collector's address without `tracesPath`, which is added.
    public var endpoint: String
    public var headers: [Header]
    /// The resource attributes of the spans: `service.name` and the like, in this order.
    public var resource: [(key: String, value: String)]
    /// How many spans wait at most; what is more is dropped and counted. Default 16,384, some 6 MiB.
    public var queueLimit = 16_384
    /// How many spans a request has at most. Default 512.
    public var batchLimit = 512
    /// How long a span waits for others at most. Default 1 s.
    public var interval = TimeAmount.seconds(1)
    /// How long a request may take. Default 10 s.
    public var timeout = TimeAmount.seconds(10)
    /// How often a batch is sent at most. Default 5.
    public var attempts = 5
    /// The pause before the second attempt; each one after that is twice as long. Default 1 s.
    public var firstPause = TimeAmount.seconds(1)
    /// The longest pause, also where the collector asks for a longer one. Default 16 s.
    public var longestPause = TimeAmount.seconds(16)

    /// The defaults.
    public init(endpoint: String, headers: [Header] = [], resource: [(key: String, value: String)] = []) {
        self.endpoint = endpoint
        self.headers = headers
        self.resource = resource
    }
}
