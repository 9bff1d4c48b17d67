// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import Shared

@Suite struct HTTPConnectionHandlerTests {
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    private let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\necho"

    private func withoutDate(_ text: String) -> [Substring] {
        text.split(separator: "\r\n").filter { !$0.hasPrefix("Date: ") }
    }

    /// A request is answered the same whether it comes at once or a byte at a time.
    @Test func dripFed() throws {
        let whole = try HTTPConnection(router: .sample)
        try whole.send(self.post)
        let drip = try HTTPConnection(router: .sample)
        try drip.drip(self.post)
        let expected = self.withoutDate(try whole.answers())
        #expect(expected.first == "HTTP/1.1 200 OK")
        #expect(expected.last == "echo")
        #expect(self.withoutDate(try drip.answers()) == expected)
    }

    /// Pipelined requests are answered in their order, also where the first answer is the last to be ready.
    @Test func pipelining() throws {
        var router = Router.sample
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/slow") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone))
        }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + self.get + self.post)
        #expect(try connection.answers() == "")
        promise?.succeed(.response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "slow"))))
        let bodies = try connection.answers().split(separator: "HTTP/1.1 200 OK\r\n").map {
            $0.split(separator: "\r\n\r\n").last
        }
        #expect(bodies == ["slow", "hello", "echo"])
    }

    /// Whoever makes an answer learns, once, that the peer has gone or has finished its side; an answer that comes then is
    /// still written to a peer that can read it.
    @Test(arguments: [false, true])
    func abandonedAnswers(closesWholly: Bool) throws {
        var router = Router.sample
        var promise: EventLoopPromise<HTTPReply>?
        let abandoned = Mutex(0)
        router.on(.GET, "/waits") { _ in
            guard let promise else { return .response(.init(status: .gone)) }
            return .awaited(promise.futureResult, abandoned: { abandoned.withLock { $0 += 1 } })
        }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(abandoned.withLock { $0 } == 0)
        if closesWholly {
            connection.channel.pipeline.fireChannelInactive()
        } else {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        #expect(abandoned.withLock { $0 } == 1)
        promise?.succeed(.response(HTTPResponse(status: .accepted)))
        #expect(try connection.statuses() == (closesWholly ? [] : [202]))
        _ = try? connection.channel.finish()
        #expect(abandoned.withLock { $0 } == 1)
    }

    /// An answer that was made in time is nobody's to abandon, also where the connection ends later.
    @Test func answersInTime() throws {
        var router = Router.sample
        var promise: EventLoopPromise<HTTPReply>?
        let abandoned = Mutex(0)
        router.on(.GET, "/waits") { _ in
            guard let promise else { return .response(.init(status: .gone)) }
            return .awaited(promise.futureResult, abandoned: { abandoned.withLock { $0 += 1 } })
        }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n")
        promise?.succeed(.response(HTTPResponse(status: .accepted)))
        #expect(try connection.statuses() == [202])
        // A peer that has finished its side before the request is served is not waited for at all.
        promise = connection.channel.eventLoop.makePromise()
        try connection.send(self.get)
        _ = try? connection.channel.finish()
        promise?.fail(ChannelError.eof)
        #expect(abandoned.withLock { $0 } == 0)
    }

    /// A connection asks for no more input while a request is with its route, so that what a peer pipelines is bounded.
    @Test func readsNothingWhileAnswering() throws {
        var router = Router()
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/slow") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone))
        }
        let reads = ReadCounter()
        let connection = try HTTPConnection(router: router)
        try connection.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        let before = reads.count
        connection.channel.read()
        #expect(reads.count == before)
        promise?.succeed(.response(HTTPResponse(status: .ok)))
        #expect(reads.count == before + 1)
    }

    /// Behind a request whose answer comes soon one more read is asked for, and none once that has brought something.
    @Test(arguments: [false, true])
    func readsOnceWhileAnsweringPromptly(isPlain: Bool) throws {
        var router = Router()
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/soon") { _ in promise.map { .promptly($0.futureResult) } ?? .response(.init(status: .gone))
        }
        let reads = ReadCounter()
        let connection = try isPlain ? HTTPConnection(router: router) : HTTPConnection(parsing: .init()) { _ in router }
        try connection.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        promise = connection.channel.eventLoop.makePromise()
        let request = "GET /soon HTTP/1.1\r\nHost: a\r\n\r\n"
        try connection.send(request)
        let before = reads.count
        connection.channel.read()
        #expect(reads.count == before + 1)
        // This one has to wait, and with it whatever comes next.
        try connection.send(request)
        let behind = reads.count
        connection.channel.read()
        #expect(reads.count == behind)
        let first = promise
        promise = connection.channel.eventLoop.makePromise()
        first?.succeed(.response(HTTPResponse(status: .ok)))
        #expect(try connection.statuses() == [200])
        #expect(reads.count == behind + 1)
        promise?.succeed(.response(HTTPResponse(status: .accepted)))
        #expect(try connection.statuses() == [202])
    }

    /// White space around a length is none of it (RFC 9112, section 5.1).
    @Test func spacesAroundLength() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:  4 \r\n\r\necho" + self.get)
        #expect(try connection.statuses() == [200, 200])
    }

    /// A request that breaks off is 400 also where it had to wait for the answer to the one before it.
    @Test(arguments: ["GET /hel", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nec", "HEAD /hel"])
    func brokenOffBehindAnother(request: String) throws {
        var promise: EventLoopPromise<HTTPReply>?
        let connection = try HTTPConnection(limits: HTTPLimits()) { loop in
            promise = loop.makePromise(of: HTTPReply.self)
            var router = Router()
            router.on(.GET, "/hello") { _ in
                promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .ok))
            }
            return router
        }
        try connection.send(self.get + request)
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        promise?.succeed(.response(HTTPResponse(status: .ok)))
        connection.channel.embeddedEventLoop.run()
        #expect(try connection.statuses() == [200, 400])
    }

    /// HEAD is answered as GET is, without the body.
    @Test func head() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try connection.answers()
        #expect(answer.contains("Content-Length: 5\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    /// A client that waits for 100 before it sends its body gets it, and then the answer.
    @Test func expectContinue() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try connection.answers() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("ok")
        #expect(try connection.answers().hasSuffix("\r\n\r\nok"))
    }

    /// An HTTP/1.0 client that asks to stay is told that it may.
    @Test func http10KeepAlive() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try connection.answers().contains("Connection: keep-alive\r\n"))
        #expect(connection.channel.isActive)
    }

    /// Unknown paths are 404, and wrong methods 405 with the methods that there are (RFC 9110, section 15.5.6).
    @Test func routing() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        let notFound = try connection.answers()
        #expect(notFound.hasPrefix("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n"))
        try connection.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.answers().contains("Allow: GET, HEAD\r\n"))
        try connection.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.answers().contains("Allow: POST\r\n"))
    }

    /// What could be read in two ways, or is no HTTP, is 400, and nothing behind it is read (RFC 9112, section 11.2).
    @Test(arguments: [
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nechoo",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\necho",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\necho",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\u{0}c\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "GET http HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}",
    ])
    func malformed(request: String) throws {
        let connection = try HTTPConnection(router: .sample)
        // The embedded channel throws what the pipeline reports; the answer is what counts.
        try? connection.send(request + self.get)
        #expect(try connection.statuses().first == 400)
        #expect(try connection.statuses().isEmpty)
    }

    /// What cannot be told apart from a mistake is refused in its own words.
    @Test(arguments: [
        ("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
        ("GET /hello HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9_000))\r\n\r\n", 431),
        ("GET /hello HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n", 431),
        ("GET /\(String(repeating: "x", count: 40_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417),
    ])
    func refused(request: String, status: Int) throws {
        let connection = try HTTPConnection(router: .sample)
        try? connection.send(request)
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains("application/problem+json"))
    }

    /// An error behind HEAD is not the answer to HEAD: it has its body.
    @Test func errorBehindHead() throws {
        let connection = try HTTPConnection(router: .sample)
        try? connection.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
        #expect(try connection.answers().hasSuffix("\"reason\":\"malformed_request\"}"))
    }

    /// Thousands of requests in one packet are all answered, some at a time, so that other connections have a turn.
    @Test func turns() throws {
        let connection = try HTTPConnection(router: .sample)
        try connection.send(String(repeating: self.get, count: 1_000))
        #expect(try connection.statuses().count == 64)
        var count = 64
        for _ in 0..<20 {
            connection.channel.embeddedEventLoop.advanceTime(by: .microseconds(20))
            count += try connection.statuses().count
        }
        #expect(count == 1_000)
    }

    /// However many connections have requests left, the loop looks at its input after a bounded time of serving them.
    @Test func turnsOfManyConnections() throws {
        var time = NIODeadline.uptimeNanoseconds(0)
        let turns = LoopTurns {
            // A turn takes as long as all of them may.
            time = time + LoopTurns.duration
            return time
        }
        var router = Router(turns: turns)
        router.on(.GET, "/hello") { _ in .response(HTTPResponse(status: .ok)) }
        let loop = HTTPLoop(router: router, limits: HTTPLimits())
        let eventLoop = EmbeddedEventLoop()
        let connections = try (0..<3).map { _ in
            let channel = EmbeddedChannel(loop: eventLoop)
            try HTTPServer.configure(channel, loop: loop, tls: nil)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try channel.writeInbound(ByteBuffer(string: String(repeating: self.get, count: 100)))
            return channel
        }
        func answered() throws -> [Int] {
            eventLoop.run()
            return try connections.map { channel in
                var text = ""
                while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
                return text.split(separator: "HTTP/1.1 200").count
            }
        }
        #expect(try answered() == [64, 64, 64])
        for expected in [[36, 0, 0], [0, 36, 0], [0, 0, 36], [0, 0, 0]] {
            eventLoop.advanceTime(by: LoopTurns.yieldTime)
            #expect(try answered() == expected)
        }
    }

    /// A peer that does not read its answers is read from no more, so that they do not pile up.
    @Test func unreadAnswersHoldInput() throws {
        let connection = try HTTPConnection(router: .sample)
        connection.channel.isWritable = false
        try connection.send(self.get + self.get)
        #expect(try connection.statuses().isEmpty)
        connection.channel.isWritable = true
        connection.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try connection.statuses() == [200, 200])
    }

    /// An error behind a request that is being answered waits for that answer.
    @Test func errorsWaitForTheirTurn() throws {
        var router = Router()
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/slow") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone))
        }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try? connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
        #expect(try connection.statuses() == [])
        promise?.succeed(.response(HTTPResponse(status: .ok)))
        #expect(try connection.statuses() == [200, 400])
    }

    /// A slow header is 408 after its time, and the connection ends.
    @Test func slowHeader() throws {
        let connection = try HTTPConnection(limits: .fast, router: .sample)
        try connection.drip("GET /hello HTTP/1.1\r\nHo")
        connection.passTime()
        #expect(try connection.statuses() == [408])
        connection.passTime()
        #expect(!connection.channel.isActive)
    }

    /// A slow body is 408 after its time.
    @Test func slowBody() throws {
        let connection = try HTTPConnection(limits: .fast, router: .sample)
        try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
        connection.passTime()
        #expect(try connection.statuses() == [408])
    }

    /// A connection that stays idle is closed without a word.
    @Test func idle() throws {
        let connection = try HTTPConnection(limits: .fast, router: .sample)
        try connection.send(self.get)
        #expect(try connection.statuses() == [200])
        connection.passTime()
        #expect(try connection.statuses() == [])
        #expect(!connection.channel.isActive)
    }

    /// A route that fails is 500, and the next request is served.
    @Test func failingRoute() throws {
        var router = Router.sample
        var promise: EventLoopPromise<HTTPReply>?
        router.on(.GET, "/fails") { _ in promise.map { .eventually($0.futureResult) } ?? .response(.init(status: .gone))
        }
        let connection = try HTTPConnection(router: router)
        promise = connection.channel.eventLoop.makePromise()
        try connection.send("GET /fails HTTP/1.1\r\nHost: a\r\n\r\n" + self.get)
        promise?.fail(BrokerError.timeout)
        #expect(try connection.statuses() == [500, 200])
    }

    /// A large body goes out behind its header without being copied, and whole.
    @Test func largeBodies() throws {
        let connection = try HTTPConnection(router: .sample)
        let body = String(repeating: "x", count: 900 << 10)
        try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        let answer = try connection.answers()
        #expect(answer.utf8.count > body.utf8.count)
        #expect(answer.hasSuffix("\r\n\r\n" + body))
    }
}

extension HTTPLimits {
    /// Limits whose times are over in no time. The machine reads the real clock, so that a test waits for that.
    fileprivate static var fast: HTTPLimits {
        var limits = HTTPLimits()
        limits.headerTimeout = .nanoseconds(1)
        limits.bodyTimeout = .nanoseconds(1)
        limits.idleTimeout = .nanoseconds(1)
        limits.lingerTimeout = .nanoseconds(1)
        return limits
    }
}

extension HTTPConnection {
    /// Lets every timer fire.
    fileprivate func passTime() {
        self.channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(60))
    }
}
