// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Testing

@testable import Egress

/// Who the bots are, as a platform on loopback says it.
@Suite struct QQUsersTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Says of every bot that it is the same one, connection by connection.
    private final class Platform: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private static let user = #"{"id":"7","username":"robot"}"#

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(Self.user.utf8.count)\r\n\r\n\(Self.user)"
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    /// Where all bots of a node come at once, those beyond what it asks at once wait for their names.
    @Test(.timeLimit(.minutes(1))) func allBotsAtOnce() async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try await ServerBootstrap(group: Self.group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Platform()) }
        }.bind(host: "127.0.0.1", port: 0).get()
        let address = "http://127.0.0.1:\(try #require(server.localAddress?.port))"
        let platform = QQPlatform(
            api: address,
            tokens: address,
            timeout: .seconds(60),
            group: Self.group,
            concurrency: 1,
            logger: logger
        )
        let users = QQUsers(platform: platform, logger: logger)
        let secret = Secret("demo-secret")
        // Has the only place for as long as it is held.
        var held: QQAnswer? = try await platform.requestUser(headers: [:], timeout: .seconds(60))
        let user = users.user(of: secret, channel: ChannelID(secret: secret), on: Self.group.next())
        // Nothing tells that it has asked in vain; where it has not yet, this test shows less.
        try await Task.sleep(for: .milliseconds(20))
        withExtendedLifetime(held) {}
        held = nil
        #expect(try await user.get() == GatewayUser(json: Array(#"{"id":"7","username":"robot"}"#.utf8)))
        await platform.shutdown()
        try await server.close()
    }
}
