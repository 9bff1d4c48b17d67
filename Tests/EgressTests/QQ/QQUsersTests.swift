// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Synchronization
import Testing

@testable import Egress

/// Who the bots are, as a platform on loopback says it.
@Suite(.timeLimit(.minutes(1))) struct QQUsersTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    private static let robot = GatewayUser(json: Array(#"{"id":"7","username":"robot"}"#.utf8))

    /// How often the platform was asked, and what the time is.
    private final class World: Sendable {
        let asked = Atomic<Int>(0)
        let seconds = Atomic<Int64>(1_000)

        var now: NIODeadline { .uptimeNanoseconds(0) + .seconds(self.seconds.load(ordering: .relaxed)) }
    }

    /// Says who the bot is to the first that ask, and to later ones that they ask too often.
    private final class Platform: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let world: World
        private let answers: Int

        init(_ world: World, answers: Int) {
            self.world = world
            self.answers = answers
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let isAnswered = self.world.asked.add(1, ordering: .relaxed).newValue <= self.answers
            let body = isAnswered ? #"{"id":"7","username":"robot"}"# : "{}"
            let status = isAnswered ? "200 OK" : "429 Too Many Requests"
            let answer = "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    private let world = World()
    private let secret = Secret("demo-secret")

    /// Runs what asks a platform that answers so many times.
    private func withUsers(
        answers: Int,
        concurrency: Int = 512,
        _ body: (QQUsers, QQPlatform) async throws -> Void
    ) async throws {
        let world = self.world
        let server = try await ServerBootstrap(group: Self.group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Platform(world, answers: answers))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let address = "http://127.0.0.1:\(try #require(server.localAddress?.port))"
        let platform = QQPlatform(
            api: address,
            tokens: address,
            timeout: .seconds(60),
            group: Self.group,
            concurrency: concurrency,
            logger: Self.logger
        )
        let result: Result<Void, any Error>
        do {
            try await body(QQUsers(platform: platform, logger: Self.logger, now: { world.now }), platform)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await platform.shutdown()
        try await server.close()
        try result.get()
    }

    private func user(_ users: QQUsers) -> EventLoopFuture<GatewayUser> {
        users.user(of: self.secret, channel: ChannelID(secret: self.secret), on: Self.group.next())
    }

    /// Where all bots of a node come at once, those beyond what it asks at once wait for their names.
    @Test(.timeLimit(.minutes(1))) func allBotsAtOnce() async throws {
        try await self.withUsers(answers: 2, concurrency: 1) { users, platform async throws in
            // Has the only place for as long as it is held.
            var held: QQAnswer? = try await platform.requestUser(headers: [:], timeout: .seconds(60))
            let user = self.user(users)
            while platform.places.waiterCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
            withExtendedLifetime(held) {}
            held = nil
            #expect(try await user.get() == Self.robot)
        }
    }

    /// The shards of a bot that come at once are one user, and one question.
    @Test func shardsAreOneUser() async throws {
        try await self.withUsers(answers: 1) { users, _ async throws in
            let asked = (0..<4).map { _ in self.user(users) }
            for user in asked { #expect(try await user.get() == Self.robot) }
            #expect(self.world.asked.load(ordering: .relaxed) == 1)
        }
    }

    /// What is known of a bot stays, though the platform does not say it again.
    @Test func staysWhoItIs() async throws {
        try await self.withUsers(answers: 1) { users, _ async throws in
            #expect(try await self.user(users).get() == Self.robot)
            self.world.seconds.add(11 * 60, ordering: .relaxed)
            #expect(try await self.user(users).get() == Self.robot)
            #expect(self.world.asked.load(ordering: .relaxed) == 2)
            // It is left alone for a while.
            #expect(try await self.user(users).get() == Self.robot)
            #expect(self.world.asked.load(ordering: .relaxed) == 2)
        }
    }
}
