// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// What a client is told whose consumer's cursor cannot be known.
@Suite struct StreamBeginningTests {
    /// A broker in memory that moves no cursors.
    private final class UnmovedBroker: ForwardingBroker {
        let base: any Broker = MemoryBroker()
        private let error: BrokerError

        init(_ error: BrokerError) {
            self.error = error
        }

        func moveCursor(
            of consumer: ConsumerName,
            on channel: ChannelID,
            to position: Position,
            eventLoop: any EventLoop
        ) -> EventLoopFuture<Void> {
            eventLoop.makeFailedFuture(self.error)
        }
    }

    /// One name too many is the client's to mend; a store that has too much to do, is away or refuses is not: the
    /// client comes again in a moment.
    @Test(arguments: [
        (BrokerError.tooManyConsumers, SocketRefusal.tooManyConsumers), (.overloaded, .brokerUnavailable),
        (.unavailable, .brokerUnavailable), (.timeout, .brokerUnavailable), (.refused, .brokerRefused),
    ])
    func refusals(error: BrokerError, refusal: SocketRefusal) throws {
        let loop = EmbeddedEventLoop()
        let hub = Hub(broker: UnmovedBroker(error), grace: .seconds(1))
        let request = try StreamRequest(query: QueryParameters(encoded: "consumer=new"), hasBacklog: true)
        let result = hub.takePlace(on: .random(), for: request, now: 0, eventLoop: loop)
        var refused: SocketRefusal?
        do { _ = try result.wait() } catch { refused = SocketRefusal(error) }
        #expect(refused == refusal)
        let isForLater = refusal.problem.response.headers.contains { $0.name == "Retry-After" }
        #expect(isForLater == (refusal != .tooManyConsumers))
    }
}
