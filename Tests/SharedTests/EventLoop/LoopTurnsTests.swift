// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@testable import Shared

/// Counts the bytes that come in.
private final class Arrivals: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let bytes = Mutex(0)

    var count: Int { self.bytes.withLock { $0 } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes.withLock { $0 += Self.unwrapInboundIn(data).readableBytes }
    }
}

@Suite struct LoopTurnsTests {
    /// Somebody who goes on for so many turns.
    private final class Party {
        private(set) var turns = 0
        private let count: Int
        private let onTurn: () -> Void

        init(_ count: Int, onTurn: @escaping () -> Void = {}) {
            self.count = count
            self.onTurn = onTurn
        }

        func wait(in turns: LoopTurns, on loop: EmbeddedEventLoop) {
            turns.wait(on: loop) {
                self.turns += 1
                self.onTurn()
                if self.turns < self.count { self.wait(in: turns, on: loop) }
            }
        }
    }

    private let loop = EmbeddedEventLoop()

    private func poll() {
        self.loop.advanceTime(by: LoopTurns.yieldTime)
    }

    /// However many wait whose turns take longer than the loop is yielded, it polls after each of them.
    @Test func oneSliceBetweenPolls() {
        var now = NIODeadline.uptimeNanoseconds(0)
        let turns = LoopTurns { now }
        let parties = (0..<3).map { _ in Party(3) { now = now + LoopTurns.duration } }
        for party in parties { party.wait(in: turns, on: self.loop) }
        self.loop.run()
        #expect(parties.map(\.turns) == [0, 0, 0], "nobody goes on before the loop has polled")
        var history: [[Int]] = []
        for _ in 0..<9 {
            self.poll()
            history.append(parties.map(\.turns))
        }
        #expect(
            history == [
                [1, 0, 0], [1, 1, 0], [1, 1, 1], [2, 1, 1], [2, 2, 1], [2, 2, 2], [3, 2, 2], [3, 3, 2], [3, 3, 3],
            ]
        )
    }

    /// A real loop reads what has come between the turns of two who each have one waiting all the time: with a timer
    /// each, they would keep it from that until both were done.
    @Test func readsBetweenTurns() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let arrivals = Arrivals()
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(arrivals) }
            }
            .takingOwnershipOfDescriptor(input: readEnd)
            .get()
        // Each turn sends a byte that is there at once, and outlasts the pause. How many bytes were read when a turn
        // began says whether the loop polled.
        let seen = try await loop.submit {
            let turns = LoopTurns(yieldTime: .milliseconds(5))
            let done = loop.makePromise(of: [Int].self)
            var seen: [Int] = []
            func takeTurns() {
                turns.wait(on: loop) {
                    guard seen.count < 10 else { return }
                    seen.append(arrivals.count)
                    precondition(write(writeEnd, "x", 1) == 1)
                    let end = NIODeadline.now() + .milliseconds(8)
                    while NIODeadline.now() < end {}
                    if seen.count < 10 { takeTurns() } else { done.succeed(seen) }
                }
            }
            for _ in 0..<2 { takeTurns() }
            return done.futureResult
        }.flatMap { $0 }.get()
        #expect(seen == Array(0..<10))
        try await channel.close()
        close(writeEnd)
        try await group.shutdownGracefully()
    }

    /// Short turns share the time between two polls, but nobody has two of them.
    @Test func shortTurnsShareASlice() {
        let turns = LoopTurns { .uptimeNanoseconds(0) }
        let parties = (0..<50).map { _ in Party(2) }
        for party in parties { party.wait(in: turns, on: self.loop) }
        self.poll()
        #expect(parties.allSatisfy { $0.turns == 1 })
        self.poll()
        #expect(parties.allSatisfy { $0.turns == 2 })
    }

    /// What the loop has itself continues after each poll, and does not keep the others from their turns.
    @Test func continuesAfterEachPoll() {
        var now = NIODeadline.uptimeNanoseconds(0)
        let turns = LoopTurns { now }
        let parties = (0..<3).map { _ in Party(1) { now = now + LoopTurns.duration } }
        for party in parties { party.wait(in: turns, on: self.loop) }
        var rounds = 0
        func goOn() {
            turns.continueAfterPoll(on: self.loop) {
                rounds += 1
                now = now + LoopTurns.duration
                goOn()
            }
        }
        goOn()
        for count in 1...3 {
            self.poll()
            #expect(rounds == count)
            #expect(parties.map(\.turns).reduce(0, +) == count)
        }
    }
}
