// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct WebhookTests {
    private func answer(
        to request: QQRequest,
        by broker: any Broker,
        drainState: NodeState? = nil
    ) throws -> (status: UInt, body: String) {
        let loop = EmbeddedEventLoop()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let qq = try QQ(configuration: .init(), clock: Clock { 1_735_815_639_000 }, logger: logger)
        let webhook = Webhook(
            platform: qq,
            broker: broker,
            waiting: WaitingReplies(),
            eventLoop: loop,
            drainState: drainState,
            logger: logger
        )
        var reply = webhook.respond(to: request.request)
        while case .promptly(let future) = reply {
            loop.run()
            reply = try future.wait()
        }
        guard case .response(let response) = reply else { return (0, "") }
        return (response.status.code, String(buffer: response.body))
    }

    /// An event is acknowledged once it is stored, and again when the platform repeats it.
    @Test func acknowledgements() throws {
        let request = try QQRequest.signed(#"{"op":0,"id":"x","d":{}}"#)
        let position = Position(epoch: .random(), offset: 1)
        for publication in [Publication.stored(position, feeds: 1), .duplicate] {
            let answer = try self.answer(to: request, by: StubBroker(publication))
            #expect(answer == (200, #"{"op":12,"d":0}"#))
        }
    }

    /// An event that could not be stored is never acknowledged, whatever the reason.
    @Test(arguments: BrokerError.allCases)
    func failures(error: BrokerError) throws {
        let request = try QQRequest.signed(#"{"op":0,"id":"x","d":{}}"#)
        let answer = try self.answer(to: request, by: StubBroker(error))
        #expect(answer == (503, #"{"op":12,"d":1}"#))
    }

    /// Where the log ends with the node, a node that drains asks for its events to be sent again.
    @Test func draining() throws {
        let state = NodeState()
        let request = try QQRequest.signed(#"{"op":0,"id":"x","d":{}}"#)
        let broker = StubBroker(.duplicate)
        #expect(try self.answer(to: request, by: broker, drainState: state).status == 200)
        state.drain()
        #expect(try self.answer(to: request, by: broker, drainState: state) == (503, #"{"op":12,"d":1}"#))
        #expect(try self.answer(to: request, by: broker, drainState: nil).status == 200)
    }

    /// A duplicate id three times is stored once and acknowledged three times.
    @Test func threeDeliveries() throws {
        let broker = MemoryBroker()
        for timestamp in ["1735815639", "1735815640", "1735815640"] {
            let request = try QQRequest.signed(#"{"op":0,"id":"x","d":{}}"#, timestamp: timestamp)
            #expect(try self.answer(to: request, by: broker).status == 200)
        }
        let loop = EmbeddedEventLoop()
        let channel = ChannelID(secret: Secret("DG5g3B4j9X2KOErG"))
        guard case .entries(let entries, let head) = try broker.log(channel, after: nil, limit: 10, on: loop).wait()
        else {
            Issue.record("the log must be readable")
            return
        }
        #expect(entries.count == 1)
        #expect(head.offset == 1)
    }
}
