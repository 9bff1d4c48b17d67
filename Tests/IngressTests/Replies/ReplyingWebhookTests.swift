// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Shared
import Synchronization
import Testing

@testable import Ingress

/// A webhook whose platform takes the bot's reply, from the request to the answer.
@Suite struct ReplyingWebhookTests {
    private final class Node {
        let loop = EmbeddedEventLoop()
        let broker: StubBroker
        let waiting: WaitingReplies
        let webhook: Webhook<Generic>

        /// - Parameters:
        ///   - access: whose webhooks are taken.
        ///   - limiter: who counts registered bots' events.
        init(_ broker: StubBroker, access: Access = .open, limiter: (any RateLimiter)? = nil) {
            let loop = self.loop
            self.broker = broker
            self.waiting = WaitingReplies(now: { loop.now })
            let clock = Clock { 1_700_000_000_000 }
            self.webhook = Webhook(
                platform: Generic(configuration: IngressConfiguration(), clock: clock),
                resolver: WebhookBotResolver(access: access, clock: clock),
                limits: WebhookLimits(limiter: limiter),
                broker: broker,
                waiting: self.waiting,
                eventLoop: loop,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        }

        /// Sends a request that waits for a reply.
        func send(key: String? = nil, replies: Bool = true, headers: [(String, String)] = []) -> Sent {
            var request = WebhookRequest("generic", query: [("secret", "s"), ("scheme", "none")], headers: headers)
            if replies { request[query: "reply"] = "1" }
            request[header: "Idempotency-Key"] = key
            let reply = self.webhook.respond(to: request.request)
            self.loop.run()
            return Sent(reply, on: self.loop)
        }

        /// What a reply to the last event becomes.
        func reply(_ text: String) throws -> ReplyOutcome {
            let offer = try #require(self.broker.published.last?.event.reply)
            let outcome = self.waiting.receive(.text(text), for: offer.token)
            self.loop.run()
            return outcome
        }
    }

    /// A request that was sent, and what it was answered so far.
    private final class Sent: Sendable {
        private let response = Mutex<HTTPResponse?>(nil)
        let abandon: (@Sendable () -> Void)?

        init(_ reply: HTTPReply, on loop: EmbeddedEventLoop) {
            switch reply {
            case .response(let response):
                self.abandon = nil
                self.response.withLock { $0 = response }
            case .eventually(let future), .promptly(let future):
                self.abandon = nil
                self.follow(future)
            case .awaited(let future, let abandoned):
                self.abandon = abandoned
                self.follow(future)
            case .stream, .upgrade:
                self.abandon = nil
                Issue.record("a webhook is answered by a response")
            }
            loop.run()
        }

        private func follow(_ future: EventLoopFuture<HTTPReply>) {
            future.whenSuccess { reply in
                switch reply {
                case .response(let response): self.response.withLock { $0 = response }
                case .awaited(let future, _), .promptly(let future): self.follow(future)
                case .eventually, .stream, .upgrade: Issue.record("a webhook is not answered like this")
                }
            }
        }

        var answer: String? {
            self.response.withLock { $0.map { "\($0.status.code) \(String(buffer: $0.body))" } }
        }
    }

    /// Asks a store that answers when a test says so.
    private final class SlowLimiter: RateLimiter {
        private let asked = Mutex<[EventLoopPromise<RateDecision>]>([])

        func take(_ limit: RateLimit, on channel: ChannelID, eventLoop: any EventLoop) -> RateVerdict {
            let promise = eventLoop.makePromise(of: RateDecision.self)
            self.asked.withLock { $0.append(promise) }
            return .pending(promise.futureResult)
        }

        func giveBack(_ limit: RateLimit, on channel: ChannelID) {}

        /// Lets all through that have asked.
        func admit() {
            for promise in self.asked.withLock({ $0 }) { promise.succeed(.admitted) }
        }
    }

    /// The script of a service worker is nobody's reply: no bot is asked.
    @Test(arguments: ["Service-Worker", "service-worker"])
    func serviceWorker(name: String) throws {
        let node = Node(StubBroker(feeds: 1))
        let sent = node.send(headers: [(name, "script")])
        #expect(try #require(sent.answer).hasPrefix("403 "))
        #expect(node.broker.published.isEmpty)
        #expect(node.waiting.count == 0)
        #expect(node.send(replies: false, headers: [(name, "script")]).answer == "200 OK")
    }

    /// The event offers a reply until the deadline, and the reply is the answer.
    @Test func reply() throws {
        let node = Node(StubBroker(feeds: 1))
        let sent = node.send()
        #expect(sent.answer == nil)
        let offer = try #require(node.broker.published.last?.event.reply)
        #expect(offer.deadline == 1_700_000_004_500)
        #expect(offer.token.node == node.waiting.node)
        #expect(try node.reply("hello") == .accepted)
        #expect(sent.answer == "200 hello")
        #expect(try node.reply("again") == .second)
    }

    /// Without a socket of the bot the fallback goes out at once; with a silent one at the deadline.
    @Test func fallback() throws {
        let offline = Node(StubBroker(feeds: 0))
        #expect(offline.send().answer == "200 OK")
        #expect(try offline.reply("hello") == .late)

        let silent = Node(StubBroker(feeds: 1))
        let sent = silent.send()
        silent.loop.advanceTime(by: .milliseconds(4_499))
        #expect(sent.answer == nil)
        silent.loop.advanceTime(by: .milliseconds(1))
        #expect(sent.answer == "200 OK")
        #expect(try silent.reply("hello") == .late)
    }

    /// An event that cannot be stored is never acknowledged, at once or after the deadline.
    @Test(arguments: BrokerError.allCases)
    func notStored(error: BrokerError) throws {
        let node = Node(StubBroker(error))
        let sent = node.send(key: "k")
        #expect(sent.answer?.hasPrefix("503 ") == true)
        #expect(sent.answer?.contains("\"\(error.rawValue)\"") == true)
        #expect(try node.reply("hello") == .unknown)
        // The repetition is published anew.
        node.broker.behave(.complete(.success(.stored(Position(epoch: .random(), offset: 1), feeds: 1))))
        let again = node.send(key: "k")
        #expect(try node.reply("hello") == .accepted)
        #expect(again.answer == "200 hello")
    }

    /// A store that does not answer before the deadline leaves the platform to send again.
    @Test func slowStore() throws {
        let node = Node(StubBroker(.wait))
        let sent = node.send(key: "k")
        node.loop.advanceTime(by: .milliseconds(4_500))
        #expect(sent.answer?.hasPrefix("503 ") == true)
        node.broker.settle(.success(.stored(Position(epoch: .random(), offset: 1), feeds: 1)))
        node.loop.run()
        #expect(try node.reply("hello") == .unknown)
    }

    /// The time in which a store says whether a bot's limit lets a request through is of the request's time too.
    @Test func slowLimiter() throws {
        var bot = Bot(name: try #require(BotName("demo")), platform: .generic, secret: Secret("s"))
        bot.limits.requests = RateLimit(rate: 5)
        let access = Access(mode: .registered, registry: BotRegistry())
        access.registry?.renew(BotDirectory([bot]))

        let slow = SlowLimiter()
        let node = Node(StubBroker(feeds: 1), access: access, limiter: slow)
        let sent = node.send()
        node.loop.advanceTime(by: .milliseconds(4_000))
        slow.admit()
        node.loop.run()
        #expect(node.broker.published.last?.event.reply?.deadline == 1_700_000_004_500)
        node.loop.advanceTime(by: .milliseconds(499))
        #expect(sent.answer == nil)
        node.loop.advanceTime(by: .milliseconds(1))
        #expect(sent.answer == "200 OK")

        // Where nothing is left, the bot has the event, and nobody asks it for a reply.
        let slower = SlowLimiter()
        let other = Node(StubBroker(feeds: 1), access: access, limiter: slower)
        let late = other.send()
        other.loop.advanceTime(by: .milliseconds(4_500))
        slower.admit()
        other.loop.run()
        #expect(late.answer == "200 OK")
        #expect(other.broker.published.count == 1)
        #expect(other.broker.published.last?.event.reply == nil)
    }

    /// A bot may be quicker than the store's word that the event is stored.
    @Test func replyBeforeTheStore() throws {
        let node = Node(StubBroker(.wait))
        let sent = node.send()
        #expect(try node.reply("quick") == .accepted)
        #expect(sent.answer == "200 quick")
        node.broker.settle(.success(.stored(Position(epoch: .random(), offset: 1), feeds: 0)))
        node.loop.run()
        #expect(try node.reply("again") == .second)
    }

    /// A repetition waits with the first, is not published again, and has the same answer, then and later.
    @Test func repetitions() throws {
        let node = Node(StubBroker(feeds: 1))
        let first = node.send(key: "k")
        node.loop.advanceTime(by: .seconds(2))
        let second = node.send(key: "k")
        let other = node.send(key: "other")
        #expect(node.broker.published.count == 2)
        let offer = try #require(node.broker.published.first?.event.reply)
        #expect(node.waiting.receive(.text("one"), for: offer.token) == .accepted)
        node.loop.run()
        #expect(first.answer == "200 one")
        #expect(second.answer == "200 one")
        #expect(other.answer == nil)
        #expect(node.send(key: "k").answer == "200 one")
        #expect(node.broker.published.count == 2)
        node.loop.advanceTime(by: .seconds(5))
        #expect(other.answer == "200 OK")
    }

    /// A repetition of a request that another node has is acknowledged: the bot's reply is on its way there.
    @Test func repetitionElsewhere() throws {
        let node = Node(StubBroker(.duplicate))
        #expect(node.send(key: "k").answer == "200 OK")
        #expect(node.send(key: "k").answer == "200 OK")
        #expect(node.broker.published.count == 1)
    }

    /// A client that goes is not waited for, and the bot learns that it is late; should it come again, it has the reply.
    @Test func abandoned() throws {
        let node = Node(StubBroker(feeds: 1))
        let alone = node.send()
        let leave = try #require(alone.abandon)
        leave()
        node.loop.run()
        #expect(alone.answer == "200 OK")
        #expect(try node.reply("hello") == .late)
        #expect(node.waiting.count == 0)

        let first = node.send(key: "k")
        let leaveAgain = try #require(first.abandon)
        leaveAgain()
        node.loop.run()
        let again = node.send(key: "k")
        #expect(again.answer == nil)
        #expect(try node.reply("hello") == .accepted)
        #expect(again.answer == "200 hello")
    }

    /// What waits for no reply offers none.
    @Test func noOffer() {
        let node = Node(StubBroker(feeds: 1))
        #expect(node.send(replies: false).answer == "200 OK")
        #expect(node.broker.published.last?.event.reply == nil)
    }

    /// While the node drains, a bot is told how little time it has.
    @Test func draining() throws {
        let node = Node(StubBroker(feeds: 1))
        node.waiting.beginDrain(within: .seconds(2), on: node.loop)
        let sent = node.send()
        let offer = try #require(node.broker.published.last?.event.reply)
        #expect(offer.deadline == 1_700_000_002_000)
        #expect(try node.reply("hello") == .accepted)
        #expect(sent.answer == "200 hello")
    }

    /// Where no more may wait, an event is published all the same, without an offer.
    @Test func drained() async throws {
        let node = Node(StubBroker(feeds: 1))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        await node.waiting.endDrain(on: group.any())
        #expect(node.send().answer == "200 OK")
        #expect(node.broker.published.count == 1)
        #expect(node.broker.published.last?.event.reply == nil)
        try await group.shutdownGracefully()
    }
}
