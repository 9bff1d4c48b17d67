// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared

/// What a rule wants of the broker that it is checked on.
public struct BrokerSettings: Sendable {
    /// How many events a channel retains.
    public var retentionCount = 1_000
    /// How long an event is retained, in milliseconds.
    public var retentionAgeMilliseconds: Int64 = 60 * 60 * 1000

    /// The defaults of a node.
    public init() {}
}

/// Makes brokers of one implementation, and lets their time pass.
public protocol BrokerTestBed: Sendable {
    /// Runs `body` with a broker that has none of its test's channels, and ends the broker afterwards.
    func withBroker(
        _ settings: BrokerSettings,
        _ body: @Sendable (any Broker) async throws -> Void
    ) async throws

    /// Runs `body` with the brokers of two nodes that share one store; a broker that is a store itself is both.
    func withBrokers(_ body: @Sendable (any Broker, any Broker) async throws -> Void) async throws

    /// How long an event is one member's own in tests that let it time out: longer than their steps take.
    var visibilityMilliseconds: Int64 { get }

    /// Lets time pass for every broker of this bed: moves their clock, or waits where they follow a clock of their own.
    func advance(milliseconds: Int64) async throws
}

extension BrokerTestBed {
    /// Runs `body` with a broker of default settings.
    func withBroker(_ body: @Sendable (any Broker) async throws -> Void) async throws {
        try await self.withBroker(BrokerSettings(), body)
    }
}
