// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Shared
import Testing

@testable import Ingress

@Suite struct WaitingRepliesTests {
    private let loop = EmbeddedEventLoop()

    private func response(_ text: String) -> HTTPResponse {
        HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: text))
    }

    private func waiting() -> WaitingReplies {
        WaitingReplies(node: NodeID(rawValue: 7), now: { [loop] in loop.now })
    }

    private func enter(
        _ waiting: WaitingReplies,
        until deadline: NIODeadline? = nil
    ) -> WaitingReplies.EnterResult {
        waiting.enter(
            key: nil,
            form: PlainReplyForm(),
            deadline: deadline ?? self.loop.now + .milliseconds(4_500),
            fallback: self.response("again"),
            on: self.loop
        )
    }

    private func open(_ waiting: WaitingReplies) throws -> WaitingReplies.Place {
        guard case .opened(let place, _) = self.enter(waiting) else { throw BrokerError.closed }
        waiting.stored(place.token, fallback: self.response("fallback"))
        return place
    }

    private func end(_ place: WaitingReplies.Place) throws -> String {
        let end = try place.end.wait()
        return "\(end.outcome.rawValue): \(String(buffer: end.response.body))"
    }

    /// A reply from another thread is the answer on the request's own event loop.
    @Test func reply() throws {
        let waiting = self.waiting()
        let place = try self.open(waiting)
        #expect(place.token.node == NodeID(rawValue: 7))
        #expect(waiting.receive(.text("hi"), for: place.token) == .accepted)
        #expect(try self.end(place) == "replied: hi")
        #expect(waiting.receive(.text("hi"), for: place.token) == .second)
        #expect(waiting.receive(.text("hi"), for: .random(node: waiting.node)) == .unknown)
        #expect(waiting.count == 0)
    }

    /// The fallback goes out at the deadline, not a nanosecond before, and a reply is late from then on.
    @Test func deadline() throws {
        let waiting = self.waiting()
        let place = try self.open(waiting)
        self.loop.advanceTime(by: .milliseconds(4_500) - .nanoseconds(1))
        #expect(waiting.count == 1)
        self.loop.advanceTime(by: .nanoseconds(1))
        #expect(try self.end(place) == "deadline: fallback")
        #expect(waiting.receive(.text("hi"), for: place.token) == .late)
        self.loop.advanceTime(by: .seconds(60))
        #expect(waiting.receive(.text("hi"), for: place.token) == .unknown)
    }

    /// A reply that does not suit the platform changes nothing: the next one may.
    @Test func unfit() throws {
        let waiting = self.waiting()
        let place = try self.open(waiting)
        let unfit = Reply.response(.init(status: 42, headers: [], body: ByteBuffer()))
        #expect(waiting.receive(unfit, for: place.token) == .unfit)
        #expect(waiting.receive(.text("fit"), for: place.token) == .accepted)
        #expect(try self.end(place) == "replied: fit")
        #expect(waiting.receive(unfit, for: place.token) == .second)
    }

    /// Whatever a bot writes is confined in a browser, a text too, and a bot cannot say otherwise.
    @Test func confinement() throws {
        let waiting = self.waiting()
        let own = Reply.Response(
            status: 200,
            headers: [
                .init(name: "content-security-policy", value: "sandbox allow-scripts allow-same-origin"),
                .init(name: "Content-Type", value: "text/html"), .init(name: "x-content-type-options", value: "sniff"),
            ],
            body: ByteBuffer(string: "<script>1</script>")
        )
        for reply in [Reply.text("<script>1</script>"), .response(own)] {
            let place = try self.open(waiting)
            #expect(waiting.receive(reply, for: place.token) == .accepted)
            let headers = HTTPHeaders(try place.end.wait().response.headers.map { ($0.name, $0.value) })
            #expect(headers["Content-Security-Policy"] == ["sandbox"])
            #expect(headers["X-Content-Type-Options"] == ["nosniff"])
            #expect(headers["Content-Type"].count == 1)
        }
    }

    /// An answer does not hold the whole buffer that its body came in.
    @Test func smallPartOfALargeBuffer() throws {
        let waiting = self.waiting()
        let place = try self.open(waiting)
        var received = ByteBuffer(repeating: 0x20, count: 16 << 10)
        received.writeString("hi")
        let body = try #require(received.getSlice(at: 16 << 10, length: 2))
        let reply = Reply.response(.init(status: 200, headers: [], body: body))
        #expect(waiting.receive(reply, for: place.token) == .accepted)
        let answer = try place.end.wait().response.body
        #expect(String(buffer: answer) == "hi")
        #expect(answer.storageCapacity < 1_024)
    }

    /// Tokens are of this node, and no two are alike.
    @Test func tokens() throws {
        let waiting = self.waiting()
        let places = try (0..<100).map { _ in try self.open(waiting) }
        #expect(Set(places.map(\.token)).count == 100)
        #expect(waiting.count == 100)
        self.loop.advanceTime(by: .seconds(5))
        for place in places {
            #expect(try self.end(place) == "deadline: fallback")
        }
        #expect(waiting.count == 0)
    }

    /// A thousand requests on several loops and as many replies from several threads: each has its own, and no other.
    @Test func concurrency() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let waiting = WaitingReplies()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<1_000 {
                tasks.addTask {
                    let loop = group.any()
                    let authenticator = waiting.enter(
                        key: nil,
                        form: PlainReplyForm(),
                        deadline: .now() + .seconds(60),
                        fallback: HTTPResponse(status: .ok),
                        on: loop
                    )
                    guard case .opened(let place, _) = authenticator else { throw BrokerError.closed }
                    async let first = waiting.receive(.text("a\(number)"), for: place.token)
                    async let second = waiting.receive(.text("b\(number)"), for: place.token)
                    let outcomes = [await first, await second]
                    #expect(Set(outcomes) == [.accepted, .second])
                    let expected = outcomes[0] == .accepted ? "a\(number)" : "b\(number)"
                    #expect(String(buffer: try await place.end.get().response.body) == expected)
                }
            }
            try await tasks.waitForAll()
        }
        #expect(waiting.count == 0)
        try await group.shutdownGracefully()
    }

    /// Whose time is up before it begins to wait does not wait.
    @Test func nothingIsLeft() throws {
        let waiting = self.waiting()
        self.loop.advanceTime(by: .seconds(1))
        guard case .refused(.deadline) = self.enter(waiting, until: self.loop.now) else { throw BrokerError.closed }
        #expect(waiting.count == 0)
    }

    /// While a node drains, requests wait on, those that come now too, though none beyond the drain time.
    @Test func drain() throws {
        let waiting = self.waiting()
        let first = try self.open(waiting)
        waiting.beginDrain(within: .seconds(3), on: self.loop)
        self.loop.advanceTime(by: .seconds(1))
        guard case .opened(let second, let end) = self.enter(waiting) else { throw BrokerError.closed }
        #expect(end == self.loop.now + .seconds(2))
        waiting.stored(second.token, fallback: self.response("fallback"))
        let third = try self.open(waiting)
        #expect(waiting.receive(.text("hi"), for: third.token) == .accepted)
        #expect(try self.end(third) == "replied: hi")
        self.loop.advanceTime(by: .seconds(2) - .nanoseconds(1))
        #expect(waiting.count == 2)
        self.loop.advanceTime(by: .nanoseconds(1))
        #expect(try self.end(first) == "draining: fallback")
        #expect(try self.end(second) == "draining: fallback")
        #expect(waiting.receive(.text("too late"), for: first.token) == .late)
        guard case .refused(.draining) = self.enter(waiting) else { throw BrokerError.closed }
    }

    /// The end of a drain is waited for until the last request is answered; from then on none waits.
    @Test func endOfADrain() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let waiting = WaitingReplies()
        func enter() -> WaitingReplies.EnterResult {
            waiting.enter(
                key: nil,
                form: PlainReplyForm(),
                deadline: .now() + .hours(1),
                fallback: HTTPResponse(status: .ok),
                on: group.any()
            )
        }
        waiting.beginDrain(within: .hours(1), on: group.any())
        guard case .opened(let place, _) = enter() else { throw BrokerError.closed }
        async let drained: Void = waiting.endDrain(on: group.any())
        #expect(waiting.receive(.text("last"), for: place.token) == .accepted)
        await drained
        guard case .refused(.draining) = enter() else { throw BrokerError.closed }
        try await group.shutdownGracefully()
    }
}
