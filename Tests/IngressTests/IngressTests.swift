// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Testing

@testable import Ingress

/// The tier as a server has it: its routes, and replies that come through the broker.
@Suite struct IngressTests {
    private final class Feed: FeedReceiver {
        let entries: AsyncStream<LogEntry>
        private let continuation: AsyncStream<LogEntry>.Continuation

        init() {
            (self.entries, self.continuation) = AsyncStream.makeStream()
        }

        func receive(_ entry: LogEntry) -> FeedPressure? {
            self.continuation.yield(entry)
            return nil
        }

        func interrupted(_ reason: UnrecoverableReason, head: Position) {}
    }

    private func ingress(_ broker: any Broker) -> Ingress {
        Ingress(
            configuration: IngressConfiguration(),
            broker: broker,
            drainState: nil,
            clock: Clock { 1_400_000_000_000 },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    private func respond(
        _ ingress: Ingress,
        to request: WebhookRequest,
        on loop: any EventLoop
    ) -> EventLoopFuture<String> {
        let request = request.request
        return loop.flatSubmit {
            do {
                var router = Router()
                try ingress.addRoutes(to: &router, on: loop)
                return Self.response(router.respond(to: request), on: loop)
            } catch {
                return loop.makeFailedFuture(error)
            }
        }
    }

    private static func response(_ reply: HTTPReply, on loop: any EventLoop) -> EventLoopFuture<String> {
        switch reply {
        case .response(let response):
            loop.makeSucceededFuture("\(response.status.code) \(String(buffer: response.body))")
        case .eventually(let future), .promptly(let future), .awaited(let future, _):
            future.flatMap { Self.response($0, on: loop) }
        case .stream, .upgrade: loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }

    /// Every platform has its path, and what is sent there in a wrong way gets a problem of the platform's own.
    @Test func routes() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let ingress = self.ingress(MemoryBroker())
        for (method, platform, answer) in [
            (HTTPMethod.GET, "dialogflow", #"405 .*"not_post".*"#), (.GET, "messenger", #"400 .*"not_a_handshake".*"#),
            (.PUT, "messenger", #"405 .*"not_post".*"#), (.POST, "messenger", #"400 .*"missing_secret".*"#),
            (.GET, "wechat", #"400 .*"missing_secret".*"#), (.DELETE, "generic", #"400 .*"missing_secret".*"#),
            (.POST, "qq", #"400 .*"missing_secret".*"#), (.GET, "qq", #"405 .*"method_not_allowed".*"#),
            (.POST, "slack", #"404 .*"unknown_platform".*"#), (.GET, "slack", #"404 .*"unknown_platform".*"#),
        ] {
            let given = try await self.respond(ingress, to: WebhookRequest(method, platform), on: group.any()).get()
            #expect(try Regex(answer).wholeMatch(in: given) != nil, "\(method) \(platform): \(given)")
        }
        let handshake = try await self.respond(ingress, to: WeChatSender.plain.handshake, on: group.any()).get()
        #expect(handshake == "200 5837397576500011341")
        try await group.shutdownGracefully()
    }

    /// A message that comes to one node is answered by a bot on another, through the broker: in the platform's own form.
    @Test func replyThroughTheBroker() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let broker = MemoryBroker()
        let ingress = self.ingress(broker)
        let other = self.ingress(broker)
        let inboxes = [
            try await ingress.openInbox(on: group.any()).get(), try await other.openInbox(on: group.any()).get(),
        ]
        let feed = Feed()
        let subscription = try await broker.feed(ChannelID(secret: Secret("test")), to: feed, on: group.any()).get()
        let request = try WeChatSender.plain.request()
        let answer = self.respond(ingress, to: request, on: group.any())
        var entries = feed.entries.makeAsyncIterator()
        let event = try #require(await entries.next()).event
        #expect(event.messages.first?.text == "hi")
        let token = try #require(event.reply).token
        // A repetition to another node is acknowledged, and takes nothing away from the first.
        #expect(try await self.respond(other, to: request, on: group.any()).get() == "200 success")
        #expect(try await broker.reply(.text("hello"), to: token, on: group.any()).get() == .accepted)
        #expect(try await answer.get().contains("<Content>hello</Content>"))
        #expect(try await broker.reply(.text("hello"), to: token, on: group.any()).get() == .second)
        subscription.cancel()
        for inbox in inboxes {
            inbox.close()
        }
        #expect(try await broker.reply(.text("hello"), to: token, on: group.any()).get() == .unknown)
        try await group.shutdownGracefully()
    }
}
