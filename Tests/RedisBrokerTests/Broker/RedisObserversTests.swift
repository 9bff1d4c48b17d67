// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Logging
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import RedisBroker

/// Who looks on.
@Suite struct RedisObserversTests {
    private final class Receiver: ObservationReceiver {
        func receive(_ observation: Observation) {}
    }

    /// Who looks on while Redis is away does not wait for ever, and leaves nothing behind.
    @Test func unreachable() async throws {
        try await RedisTestBed.with("redis://127.0.0.1:1", start: false) { bed in
            let logger = Logger(label: "test")
            self.lookOn(by: RedisObservers(client: bed.client, eventLoop: bed.eventLoops[0], logger: logger))
        }
    }

    private func lookOn(by observers: RedisObservers) {
        let eventLoop = EmbeddedEventLoop()
        let channel = Fixtures.channel()
        let future = observers.observe(channel, with: Receiver(), on: eventLoop)
        #expect(observers.isObserved(channel))
        eventLoop.advanceTime(by: .seconds(10))
        #expect(throws: BrokerError.unavailable) { _ = try future.wait() }
        #expect(!observers.isObserved(channel))
    }
}
