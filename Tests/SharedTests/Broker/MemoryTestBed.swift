// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Shared

/// Brokers in memory on a clock that moves by hand.
struct MemoryTestBed: BrokerTestBed {
    let clock = ManualClock()
    let visibilityMilliseconds: Int64 = 600

    func withBroker(_ settings: BrokerSettings, _ body: @Sendable (any Broker) async throws -> Void) async throws {
        try await body(
            self.broker { configuration in
                configuration.retentionCount = settings.retentionCount
                configuration.retentionAgeMilliseconds = settings.retentionAgeMilliseconds
            }
        )
    }

    func withBrokers(_ body: @Sendable (any Broker, any Broker) async throws -> Void) async throws {
        try await self.withBroker(BrokerSettings()) { try await body($0, $0) }
    }

    func advance(milliseconds: Int64) {
        self.clock.advance(milliseconds: milliseconds)
    }

    /// A broker on the bed's clock.
    func broker(_ configure: (inout MemoryBrokerConfiguration) -> Void = { _ in }) -> MemoryBroker {
        var configuration = MemoryBrokerConfiguration()
        configure(&configuration)
        return MemoryBroker(configuration: configuration) { self.clock.now }
    }
}
