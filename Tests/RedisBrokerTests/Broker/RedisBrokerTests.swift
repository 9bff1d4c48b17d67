// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// The broker's contract on a real Redis.
@Suite(.timeLimit(.minutes(1))) struct RedisBrokerTests {
    private static let server = Task { try await RedisServer.start() }

    /// Every rule of the contract holds for the broker on Redis.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: RedisBrokerTestBed(server: try await Self.server.value))
    }
}
