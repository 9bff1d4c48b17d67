// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOPosix
import RedisServer
import Shared
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct RedisFeedsTests {
    /// A feed begins while its caller's loop has other work, and before that has heard of it, the time to begin is
    /// over: it is on all the same, as the caller is told.
    @Test func oneThatHasBegunIsNotGivenUp() async throws {
        let server = try await RedisServer.start()
        let time = TimeAmount.milliseconds(50)
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.feedTimeout = time
        } _: { broker in
            let (channel, recorder) = (Fixtures.channel(), Recorder())
            let caller = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let publishing = Task {
                while !Task.isCancelled { try await broker.publish(["early"], to: channel) }
            }
            let loop = caller.next()
            let subscription = try await loop.flatSubmit {
                let subscription = broker.feed(channel, to: recorder, on: loop)
                let (end, patience) = (NIODeadline.now() + time, NIODeadline.now() + .seconds(20))
                while NIODeadline.now() < end || recorder.entries.isEmpty && NIODeadline.now() < patience {
                    sched_yield()
                }
                return subscription
            }.get()
            publishing.cancel()
            _ = await publishing.result
            let late = try await broker.publish(["late"], to: channel)[0]
            try await until { recorder.entries.last?.position == late }
            subscription.cancel()
            try await caller.shutdownGracefully()
        }
    }
}
