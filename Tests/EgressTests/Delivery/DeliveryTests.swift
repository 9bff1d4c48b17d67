// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

@Suite struct DeliveryTests {
    /// A broker whose log is read when the test says so.
    private struct SlowLog: ForwardingBroker {
        let base: any Broker = RefusingBroker()
        let page: EventLoopPromise<LogPage>

        func log(
            _ channel: ChannelID,
            after position: Position?,
            limit: Int,
            on eventLoop: any EventLoop
        ) -> EventLoopFuture<LogPage> {
            self.page.futureResult
        }
    }

    private final class Owner: DeliveryOwner {
        let isWritable = true
        private(set) var sent = 0
        private(set) var recoveries: [Recovery] = []
        private(set) var timesCaughtUp = 0

        func send(_ round: FeedRound, after: UInt64?) { self.sent += round.entries.count }
        func send(_ entries: ArraySlice<LogEntry>) { self.sent += entries.count }
        func announce(_ recovery: Recovery) { self.recoveries.append(recovery) }
        func deliveryFailed() {}
        func caughtUp() { self.timesCaughtUp += 1 }
    }

    /// A client that is interrupted while its log is being read has no more of it to come, and is told so; what is read too
    /// late is not sent.
    @Test func interruptionEndsTheLog() throws {
        let loop = EmbeddedEventLoop()
        let page = loop.makePromise(of: LogPage.self)
        let delivery = Delivery(
            broker: SlowLog(page: page),
            channel: .random(),
            start: Position(epoch: .sample, offset: 5),
            turns: LoopTurns(),
            eventLoop: loop
        )
        let owner = Owner()
        delivery.begin(.after(Position(epoch: .sample, offset: 1)), owner: owner)
        let head = Position(epoch: Epoch(rawValue: 9), offset: 0)
        delivery.interrupted(.epochChanged, head: head)
        #expect(owner.timesCaughtUp == 0)
        loop.run()
        #expect(owner.recoveries == [.lost(.epochChanged, position: head)])
        #expect(owner.timesCaughtUp > 0)

        page.succeed(.entries([.sample(2), .sample(3)], head: Position(epoch: .sample, offset: 3)))
        loop.run()
        delivery.becameWritable()
        #expect(owner.sent == 0)
        #expect(delivery.position == head)
        delivery.end()
    }

    /// A page is looked at in parts, so that a filter that reads all of it and admits nothing holds nobody up.
    @Test func boundsWhatATurnLooksAt() throws {
        let loop = EmbeddedEventLoop()
        let page = loop.makePromise(of: LogPage.self)
        let head = Position(epoch: .sample, offset: 8)
        let delivery = Delivery(
            broker: SlowLog(page: page),
            channel: .random(),
            start: head,
            turns: LoopTurns(),
            eventLoop: loop
        )
        let owner = Owner()
        delivery.begin(.after(Position(epoch: .sample, offset: 0)), owner: owner)
        let text = String(repeating: "x", count: 64 << 10)
        page.succeed(.entries((1...8).map { LogEntry.sample(UInt64($0), text) }, head: head))
        loop.run()
        delivery.becameWritable()
        #expect(owner.sent == 2)
        for sent in [4, 6, 8] {
            #expect(owner.timesCaughtUp == 0)
            loop.advanceTime(by: LoopTurns.yieldTime)
            #expect(owner.sent == sent)
        }
        #expect(owner.timesCaughtUp > 0)
        delivery.end()
    }
}
