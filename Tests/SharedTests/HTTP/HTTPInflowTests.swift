// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOExtras
import NIOHTTP1
import Testing

@testable import Shared

/// Requests whose route takes the body piece by piece, on a connection.
@Suite struct HTTPInflowTests {
    private let chunked = "POST /up/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    private let long = "POST /up/a HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    private let ok = HTTPReply.response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "taken")))

    /// A request's route is called before the body comes, and gets it as it asks, to the end.
    @Test func pieces() throws {
        let (connection, route) = try self.connect()
        try connection.send(self.chunked)
        let body = try #require(route.body)
        #expect(route.path == "/up/a" && body.length == nil)
        try connection.send("3\r\nabc\r\n")
        #expect(route.taken == "")
        body.ask()
        #expect(route.taken == "abc")
        body.ask()
        try connection.send("2\r\nde\r\n")
        #expect(route.taken == "abcde" && !route.hasEnded)
        body.ask()
        try connection.send("0\r\n\r\n")
        #expect(route.hasEnded && route.stop == nil)
        route.promise.succeed(self.ok)
        #expect(try connection.answers().hasSuffix("taken"))
        #expect(connection.channel.isActive)
    }

    /// The same, a byte at a time, with a length.
    @Test func dripFed() throws {
        let (connection, route) = try self.connect()
        route.asksAlways = true
        let text = String(repeating: "0123456789", count: 7_000)
        try connection.drip(self.long)
        #expect(route.body?.length == 70_000)
        try connection.drip(String(text.prefix(1_000)))
        try connection.send(String(text.dropFirst(1_000)))
        #expect(route.taken == text && route.hasEnded)
    }

    /// Nothing is read while a piece was not taken, and reading goes on when it was.
    @Test func backPressure() throws {
        let (connection, route) = try self.connect()
        let reads = ReadCounter()
        try connection.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try connection.send(self.long)
        connection.channel.read()
        #expect(reads.count == 1)
        try connection.send(String(repeating: "x", count: 30_000))
        connection.channel.read()
        #expect(reads.count == 1)
        route.body?.ask()
        #expect(reads.count == 2)
        // A route that waits for a piece does not hold anything up.
        route.body?.ask()
        connection.channel.read()
        #expect(reads.count == 3)
        // The end holds input as any request does that is being answered.
        try connection.send(String(repeating: "x", count: 40_000))
        route.body?.ask()
        connection.channel.read()
        #expect(reads.count == 3 && route.hasEnded)
        route.promise.succeed(self.ok)
        #expect(reads.count == 4)
    }

    /// What comes in many small chunks is taken as one piece.
    @Test func smallChunks() throws {
        let (connection, route) = try self.connect()
        try connection.send(self.chunked + String(repeating: "1\r\nx\r\n", count: 1_000))
        route.body?.ask()
        #expect(route.pieces == 1 && route.taken.count == 1_000)
    }

    /// The same for a route that has asked before they come, and asks again at once.
    @Test func smallChunksWereAskedFor() throws {
        let (connection, route) = try self.connect()
        route.asksAlways = true
        try connection.send(self.chunked)
        try connection.send(String(repeating: "1\r\nx\r\n", count: 1_000))
        #expect(route.pieces == 1 && route.taken.count == 1_000)
        try connection.send(String(repeating: "1\r\nx\r\n", count: 10) + "0\r\n\r\n")
        #expect(route.pieces == 2 && route.taken.count == 1_010 && route.hasEnded)
    }

    /// Short bodies, other methods' literal routes and paths elsewhere come whole, as ever.
    @Test func wholeBodies() throws {
        let (connection, route) = try self.connect()
        try connection.send("POST /up/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwhat")
        #expect(try connection.answers().hasSuffix("\r\n\r\nwhat"))
        try connection.send(
            "POST /up/whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
        )
        #expect(try connection.answers().hasSuffix("\r\n\r\nab"))
        try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
        #expect(try connection.answers().hasSuffix("\r\n\r\nab"))
        #expect(route.body == nil)
        try connection.send("PUT http://a/up/whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(route.path == "/up/whole")
    }

    /// A client that waits for 100 gets it when the route takes the body.
    @Test func expectContinue() throws {
        let (connection, route) = try self.connect()
        try connection.send(
            "POST /up/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        #expect(try connection.answers() == "")
        route.body?.ask()
        #expect(try connection.answers() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("1\r\nx\r\n")
        route.body?.ask()
        #expect(try connection.answers() == "")
    }

    /// A client that waits for 100 and is refused never gets it, and need not send its body.
    @Test func refusedExpectation() throws {
        let (connection, route) = try self.connect()
        try connection.send("POST /up/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n")
        route.promise.succeed(.response(HTTPResponse(status: .unauthorized)))
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.contains("Connection: close\r\n"))
        #expect(route.stop == .answered)
    }

    /// HTTP/1.0 streams too, and is told in its version's way what becomes of the connection.
    @Test func http10() throws {
        let (connection, route) = try self.connect()
        route.asksAlways = true
        try connection.send("POST /up/a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n")
        try connection.send(String(repeating: "x", count: 70_000))
        #expect(route.taken.count == 70_000 && route.hasEnded)
        route.promise.succeed(self.ok)
        let answer = try connection.answers()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("Connection: close\r\n"))
    }

    // MARK: Framing

    /// What is pipelined behind a streamed body is served when that was answered, and not before.
    @Test(arguments: [true, false])
    func pipelining(asksFirst: Bool) throws {
        let (connection, route) = try self.connect()
        route.asksAlways = asksFirst
        try connection.send(self.get + self.chunked + "3\r\nabc\r\n0\r\n\r\n" + self.get)
        #expect(try connection.statuses() == [200])
        if !asksFirst {
            route.body?.ask()
            route.body?.ask()
        }
        #expect(route.taken == "abc" && route.hasEnded)
        route.promise.succeed(self.ok)
        let answers = try connection.answers()
        #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2 && answers.hasSuffix("hello"))
    }

    /// A body that looks like a request is none, however it is cut into reads, and whatever becomes of its request.
    @Test(arguments: [0, 1, 7, 40])
    func bodiesAreNoRequests(cut: Int) throws {
        let text = String(repeating: self.get, count: 3)
        let size = String(text.utf8.count, radix: 16)
        let (connection, route) = try self.connect()
        route.asksAlways = true
        try connection.send(self.chunked + "\(size)\r\n" + text.prefix(cut))
        try connection.send(text.dropFirst(cut) + "\r\n0\r\n\r\n")
        #expect(route.taken == text && route.hasEnded)
        #expect(try connection.statuses() == [])

        let (refused, refusing) = try self.connect()
        try refused.send(self.long + text.prefix(cut))
        refusing.promise.succeed(.response(HTTPResponse(status: .payloadTooLarge)))
        #expect(try refused.statuses() == [413])
        try refused.send(text.dropFirst(cut) + String(repeating: "x", count: 70_000 - text.utf8.count) + self.get)
        #expect(try refused.statuses() == [])
    }

    /// An answer before the body's end is the last of the connection, also where the end comes right behind it.
    @Test func earlyAnswer() throws {
        let (connection, route) = try self.connect()
        try connection.send(self.chunked + "3\r\nabc\r\n")
        route.promise.succeed(.response(HTTPResponse(status: .unauthorized)))
        #expect(try connection.answers().contains("Connection: close\r\n"))
        #expect(route.stop == .answered && route.taken == "")
        try connection.send("0\r\n\r\n" + self.get)
        #expect(try connection.statuses() == [])
        // Whoever asks nevertheless gets nothing.
        route.body?.ask()
        #expect(route.taken == "" && !route.hasEnded)
    }

    /// A route that answers at once leaves the body alone.
    @Test func immediateAnswer() throws {
        let (connection, route) = try self.connect()
        route.answersAtOnce = self.ok
        try connection.send(self.chunked + "3\r\nabc\r\n0\r\n\r\n" + self.get)
        #expect(try connection.statuses() == [200])
        #expect(route.stop == .answered)
    }

    /// What could be framed in two ways never reaches the route.
    @Test(arguments: [
        "Content-Length: 70000\r\nTransfer-Encoding: chunked", "Content-Length: 70000\r\nContent-Length: 70001",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "Content-Length: 99999999999999999999", "Content-Length: 70000, 70000",
    ])
    func ambiguousFraming(fields: String) throws {
        let (connection, route) = try self.connect()
        try? connection.send("POST /up/a HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n" + self.get)
        #expect(route.body == nil)
        let statuses = try connection.statuses()
        #expect(statuses.count == 1 && statuses.allSatisfy { $0 >= 400 })
    }

    /// A chunk that is none ends the request: 400, and the route learns that the body is not whole.
    @Test(arguments: ["xyz\r\n", "3\r\nabcdef\r\n", "-1\r\n\r\n"])
    func malformedChunk(bytes: String) throws {
        let (connection, route) = try self.connect()
        route.asksAlways = true
        try connection.send(self.chunked + "2\r\nok\r\n")
        try? connection.send(bytes + self.get)
        #expect(route.stop == .malformed && !route.hasEnded)
        #expect(try connection.statuses() == [400])
        // Its answer comes too late.
        route.promise.succeed(self.ok)
        #expect(try connection.statuses() == [])
    }

    // MARK: Ends

    /// A peer that goes stops the body, also while nothing is read from it.
    @Test(arguments: [true, false])
    func gone(isHeld: Bool) throws {
        let (connection, route) = try self.connect()
        try connection.send(self.chunked + "3\r\nabc\r\n")
        if !isHeld { route.body?.ask() }
        connection.channel.pipeline.fireChannelInactive()
        // The decoder may call that malformed.
        #expect(route.stop != nil && !route.hasEnded)
        route.promise.succeed(self.ok)
    }

    /// A peer that closes its side in the middle has not sent a whole body.
    @Test(arguments: [true, false])
    func halfClosure(isHeld: Bool) throws {
        let (connection, route) = try self.connect()
        try connection.send(self.chunked + "3\r\nabc\r\n")
        if !isHeld { route.body?.ask() }
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        // The decoder may call that malformed.
        #expect(route.stop != nil && !route.hasEnded)
        route.promise.succeed(self.ok)
        #expect(try connection.statuses().allSatisfy { $0 == 400 })
    }

    /// A body that does not come in its time is 408, and stops.
    @Test func slow() throws {
        var limits = HTTPLimits()
        limits.bodyTimeout = .nanoseconds(1)
        let (connection, route) = try self.connect(limits: limits)
        try connection.send(self.chunked)
        // The peer is not late while nobody waits for it.
        connection.channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(60))
        #expect(try connection.statuses() == [] && route.stop == nil)
        route.body?.ask()
        connection.channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(120))
        #expect(try connection.statuses() == [408])
        #expect(route.stop == .timeout)
        route.promise.succeed(self.ok)
        #expect(try connection.statuses() == [])
    }

    /// A server that quiesces takes the rest of the body, answers, and closes.
    @Test func quiescing() throws {
        let (connection, route) = try self.connect()
        route.asksAlways = true
        try connection.send(self.chunked + "3\r\nabc\r\n")
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try connection.send("3\r\ndef\r\n0\r\n\r\n")
        #expect(route.taken == "abcdef" && route.hasEnded)
        route.promise.succeed(self.ok)
        #expect(try connection.answers().contains("Connection: close\r\n"))
    }

    private func connect(limits: HTTPLimits = HTTPLimits()) throws -> (HTTPConnection, InflowRoute) {
        let route = InflowRoute()
        var router = Router.sample
        router.on(.POST, "/up/whole") { .response(HTTPResponse(contentType: "text/plain", body: $0.body)) }
        router.onAny(below: "/up/") { .response(HTTPResponse(contentType: "text/plain", body: $0.body)) }
        router.onAnyStreaming(below: "/up/") {
            $0.method != .DELETE
        } _: {
            route.respond(to: $0, $1)
        }
        return (try HTTPConnection(limits: limits, router: router), route)
    }
}

/// A route that takes bodies as a test wants it.
private final class InflowRoute: HTTPBodyReceiver {
    let promise = EmbeddedEventLoop().makePromise(of: HTTPReply.self)
    var asksAlways = false
    var answersAtOnce: HTTPReply?
    private(set) var path: String?
    private(set) var body: HTTPBodyInflow?
    private(set) var taken = ""
    private(set) var pieces = 0
    private(set) var hasEnded = false
    private(set) var stop: HTTPBodyInflow.StopReason?

    func respond(to request: HTTPRequest, _ body: HTTPBodyInflow) -> HTTPReply {
        self.path = request.path
        self.body = body
        body.start(self)
        if self.asksAlways { body.ask() }
        return self.answersAtOnce ?? .eventually(self.promise.futureResult)
    }

    func bodyArrived(_ bytes: ByteBuffer) {
        self.taken += String(buffer: bytes)
        self.pieces += 1
        if self.asksAlways { self.body?.ask() }
    }

    func bodyEnded() { self.hasEnded = true }

    func bodyStopped(_ reason: HTTPBodyInflow.StopReason) { self.stop = reason }

    deinit { self.promise.fail(ChannelError.ioOnClosedChannel) }
}
