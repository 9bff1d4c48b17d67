// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Shared

@Suite struct HTTPConnectionStateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let limits = HTTPLimits()

    private func machine() -> HTTPConnectionStateMachine {
        HTTPConnectionStateMachine(limits: self.limits, now: self.start)
    }

    private func head(
        _ method: HTTPMethod = .POST,
        version: HTTPVersion = .http1_1,
        _ headers: HTTPHeaders = [:]
    ) -> HTTPRequestHead {
        var headers = headers
        if !headers.contains(name: "host") { headers.add(name: "Host", value: "localhost") }
        return HTTPRequestHead(version: version, method: method, uri: "/", headers: headers)
    }

    private func isRespond(_ action: HTTPConnectionStateMachine.EndAction) -> Bool {
        if case .respond = action { true } else { false }
    }

    /// A request goes to its route when it is whole, and the connection is kept for the next.
    @Test func servesRequestsOneAfterTheOther() {
        var machine = self.machine()
        for round in 0..<3 {
            let now = self.start + .seconds(Int64(round))
            #expect(machine.headReceived(self.head(), now: now) == .readBody(sendContinue: false))
            #expect(machine.bodyReceived(ByteBuffer(string: "{"), now: now) == .none)
            #expect(machine.bodyReceived(ByteBuffer(string: "}"), now: now) == .none)
            guard case .respond(_, let body) = machine.endReceived() else {
                Issue.record("a whole request must be answered")
                return
            }
            #expect(String(buffer: body) == "{}")
            #expect(machine.isResponding)
            #expect(machine.responseReady(closesConnection: false, now: now) == .write(close: false))
            #expect(machine.deadline == now + self.limits.idleTimeout)
        }
    }

    /// A header that takes longer than its time is 408, counted from its first byte or, on a new connection, from its start.
    @Test func slowHeader() {
        var machine = self.machine()
        #expect(machine.readCompleted(now: self.start + .seconds(9)) == true)
        #expect(machine.timerFired(now: self.start + .seconds(9)) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(10)) == .refuse(.headerTimeout))
    }

    /// The time of a later request's header begins with its first byte.
    @Test func slowHeaderOfALaterRequest() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        _ = machine.responseReady(closesConnection: false, now: self.start)
        #expect(machine.readCompleted(now: self.start) == false)
        let later = self.start + .seconds(60)
        #expect(machine.readCompleted(now: later) == true)
        #expect(machine.deadline == later + self.limits.headerTimeout)
        #expect(machine.timerFired(now: later + .seconds(10)) == .refuse(.headerTimeout))
    }

    /// It also begins where the header's first bytes came with the request before.
    @Test func slowHeaderBehindAnotherRequest() {
        var machine = self.machine()
        #expect(machine.plainRequestReceived(isHandshake: false) == true)
        let later = self.start + .seconds(60)
        _ = machine.responseReady(closesConnection: false, now: later)
        #expect(machine.headBegun(now: later) == true)
        #expect(machine.readCompleted(now: later) == false)
        #expect(machine.timerFired(now: later + .seconds(10)) == .refuse(.headerTimeout))
    }

    /// A connection on which nothing ever came, or nothing more comes, is closed without a word.
    @Test func idleConnectionsAreClosed() {
        var machine = self.machine()
        #expect(machine.timerFired(now: self.start + .seconds(10)) == .close)

        machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        _ = machine.responseReady(closesConnection: false, now: self.start)
        #expect(machine.timerFired(now: self.start + .seconds(74)) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(75)) == .close)
    }

    /// A peer that still reads its answers when the time is over is not idle: not as long as they get fewer from one look
    /// to the next, and then for the time that an idle one has.
    @Test func readersAreNotIdle() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        _ = machine.responseReady(closesConnection: false, now: self.start)
        #expect(machine.timerFired(now: self.start + .seconds(75), unread: 9_000) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(94), unread: 9_000) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(95), unread: 8_000) == .rearm)
        var stopped = machine
        #expect(stopped.timerFired(now: self.start + .seconds(115), unread: 8_000) == .close)
        #expect(machine.timerFired(now: self.start + .seconds(115), unread: 0) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(189), unread: 0) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(190), unread: 0) == .close)
    }

    /// A body that takes longer than its time is 408, and bytes that trickle in do not stretch it.
    @Test func slowBody() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        for second in 1..<20 {
            #expect(machine.bodyReceived(ByteBuffer(string: "x"), now: self.start + .seconds(Int64(second))) == .none)
        }
        #expect(machine.timerFired(now: self.start + .seconds(20)) == .refuse(.bodyTimeout))
        #expect(machine.bodyReceived(ByteBuffer(string: "x"), now: self.start + .seconds(21)) == .none)
        #expect(!self.isRespond(machine.endReceived()))
    }

    /// A route may take its time: nothing is late while it does.
    @Test func routesAreNotTimedOut() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        #expect(machine.deadline == .distantFuture)
        #expect(machine.timerFired(now: self.start + .hours(1)) == .rearm)
    }

    /// A body that is announced as too large is refused before a byte of it is read.
    @Test func announcedBodyTooLarge() {
        var machine = self.machine()
        let head = self.head(.POST, ["content-length": "\(self.limits.body + 1)"])
        #expect(machine.headReceived(head, now: self.start) == .refuse(.bodyTooLarge))
        #expect(machine.bodyReceived(ByteBuffer(string: "x"), now: self.start) == .none)
    }

    /// A body that turns out too large is refused at the byte that is too many.
    @Test func chunkedBodyTooLarge() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        #expect(machine.bodyReceived(ByteBuffer(repeating: 0x20, count: self.limits.body), now: self.start) == .none)
        #expect(machine.bodyReceived(ByteBuffer(string: "x"), now: self.start) == .refuse(.bodyTooLarge))
    }

    /// A request needs one Host field (RFC 9112, section 3.2); HTTP/1.0 may go without.
    @Test func hosts() {
        let without = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        var machine = self.machine()
        #expect(machine.headReceived(without, now: self.start) == .refuse(.missingHost))
        machine = self.machine()
        let two = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["host": "a", "Host": "b"])
        #expect(machine.headReceived(two, now: self.start) == .refuse(.missingHost))
        machine = self.machine()
        let old = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/")
        #expect(machine.headReceived(old, now: self.start) == .readBody(sendContinue: false))
    }

    /// What no host can be is refused (RFC 9112, section 3.2).
    @Test(
        arguments: [
            ("a", true), ("relay.example:8080", true), ("[::1]:80", true), ("a_b%20c", true), ("", true),
            (" a\t", true), ("a b", false), ("a@b", false), ("a/b", false), ("a?b", false), ("a#b", false),
            ("a\\b", false), ("a\"", false), ("http://a", false), ("ü", false),
        ]
    )
    func hostValues(host: String, isTaken: Bool) {
        var machine = self.machine()
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": host])
        let expected: HTTPConnectionStateMachine.HeadAction =
            isTaken ? .readBody(sendContinue: false) : .refuse(.invalidHost)
        #expect(machine.headReceived(head, now: self.start) == expected)
    }

    /// `Expect: 100-continue` is met, anything else is 417.
    @Test func expectations() {
        var machine = self.machine()
        #expect(
            machine.headReceived(self.head(.POST, ["expect": "100-Continue", "content-length": "1"]), now: self.start)
                == .readBody(sendContinue: true)
        )
        machine = self.machine()
        #expect(
            machine.headReceived(self.head(.GET, ["expect": "100-continue"]), now: self.start)
                == .readBody(sendContinue: false)
        )
        machine = self.machine()
        #expect(
            machine.headReceived(self.head(.POST, ["expect": "tea"]), now: self.start) == .refuse(.unknownExpectation)
        )
    }

    /// Whoever asks for the end of the connection gets it, and so does whoever the parser left (an upgrade, CONNECT), and
    /// whose body others may see end elsewhere.
    @Test(arguments: [
        (HTTPMethod.GET, HTTPVersion.http1_1, HTTPHeaders([("connection", "close")]), true),
        (.GET, .http1_0, HTTPHeaders(), true),
        (.GET, .http1_0, HTTPHeaders([("connection", "keep-alive")]), false),
        // Chunks in HTTP/1.0 (RFC 9112, section 6.1).
        (.POST, .http1_0, HTTPHeaders([("connection", "keep-alive"), ("transfer-encoding", "chunked")]), true),
        (.GET, .http1_1, HTTPHeaders(), false),
        (.GET, .http1_1, HTTPHeaders([("connection", "upgrade"), ("upgrade", "h2c")]), true),
        (.CONNECT, .http1_1, HTTPHeaders(), true),
    ])
    func connectionsEnd(method: HTTPMethod, version: HTTPVersion, headers: HTTPHeaders, closes: Bool) {
        var machine = self.machine()
        _ = machine.headReceived(self.head(method, version: version, headers), now: self.start)
        _ = machine.endReceived()
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: closes))
    }

    /// Behind the last answer input is thrown away for a while, and then the connection is closed whatever the peer does.
    @Test func lingering() {
        var machine = self.machine()
        #expect(machine.parserFailed(.malformedRequest, now: self.start) == .refuse(.malformedRequest))
        #expect(machine.parserFailed(.malformedRequest, now: self.start) == .ignore)
        #expect(machine.headReceived(self.head(), now: self.start) == .ignore)
        #expect(machine.timerFired(now: self.start + .seconds(19)) == .rearm)
        #expect(machine.outputClosed(now: self.start + .seconds(19)) == false)
        #expect(machine.timerFired(now: self.start + .seconds(20)) == .rearm)
        #expect(machine.timerFired(now: self.start + .seconds(21)) == .close)
    }

    /// A peer that does not read its last answer is not waited for without end.
    @Test func unreadAnswers() {
        var machine = self.machine()
        _ = machine.parserFailed(.malformedRequest, now: self.start)
        #expect(machine.timerFired(now: self.start + .seconds(20)) == .close)
    }

    /// A peer that sends no more still gets the answer it waits for, as the last, and all that was written before.
    @Test func halfClosure() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        #expect(machine.inputClosed(now: self.start) == .none)
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: true))
        #expect(machine.outputClosed(now: self.start) == true)

        machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        #expect(machine.inputClosed(now: self.start) == .closeOutput)
        #expect(machine.outputClosed(now: self.start) == true)

        machine = self.machine()
        _ = machine.parserFailed(.malformedRequest, now: self.start)
        #expect(machine.inputClosed(now: self.start) == .none)
        #expect(machine.outputClosed(now: self.start) == true)

        machine = self.machine()
        _ = machine.parserFailed(.malformedRequest, now: self.start)
        #expect(machine.outputClosed(now: self.start) == false)
        #expect(machine.inputClosed(now: self.start) == .close)
    }

    /// A server that quiesces closes what is idle behind what was written, and the rest behind its answer.
    @Test func quiescing() {
        var machine = self.machine()
        #expect(machine.quiesce(now: self.start) == true)

        machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        #expect(machine.quiesce(now: self.start) == false)
        _ = machine.endReceived()
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: true))
    }

    /// A length that no number holds is too large, and not none.
    @Test(arguments: ["9223372036854775807", "9223372036854775808", "18446744073709551615"])
    func hugeLengths(length: String) {
        var machine = self.machine()
        #expect(
            machine.headReceived(self.head(.POST, ["content-length": length]), now: self.start)
                == .refuse(.bodyTooLarge)
        )
    }

    /// A body in a coding that is not undone here is not passed on as if it were (RFC 9112, section 6.1).
    @Test func transferCodings() {
        var machine = self.machine()
        #expect(
            machine.headReceived(self.head(.POST, ["transfer-encoding": "gzip, chunked"]), now: self.start)
                == .refuse(.unsupportedTransferCoding)
        )
        machine = self.machine()
        #expect(
            machine.headReceived(self.head(.POST, ["transfer-encoding": "Chunked"]), now: self.start)
                == .readBody(sendContinue: false)
        )
    }

    /// An answer for a peer that has gone is dropped, and an upgrade for one is not made.
    @Test func gonePeers() {
        var machine = self.machine()
        _ = machine.headReceived(self.head(), now: self.start)
        _ = machine.endReceived()
        machine.finished()
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .drop)
        #expect(machine.upgradeReady() == false)
        #expect(machine.timerFired(now: self.start + .hours(1)) == .none)
    }

    /// A streamed answer keeps the connection busy until its end, has a time only while the peer does not read, and is
    /// the last where the connection was to close meanwhile.
    @Test func streams() {
        var machine = self.machine()
        #expect(machine.headReceived(self.head(.GET), now: self.start) == .readBody(sendContinue: false))
        #expect(self.isRespond(machine.endReceived()))
        #expect(machine.streamStarted(closesConnection: false) == .write(close: false))
        #expect(machine.isResponding)
        #expect(machine.deadline == .distantFuture)
        machine.streamPaused(now: self.start)
        #expect(machine.deadline == self.start + self.limits.bodyTimeout)
        machine.streamResumed()
        #expect(machine.timerFired(now: self.start + .hours(1)) == .rearm)
        #expect(machine.streamEnded(now: self.start) == .write(close: false))

        #expect(machine.headReceived(self.head(.GET), now: self.start) == .readBody(sendContinue: false))
        #expect(self.isRespond(machine.endReceived()))
        #expect(machine.streamStarted(closesConnection: false) == .write(close: false))
        #expect(machine.quiesce(now: self.start) == false)
        #expect(machine.streamEnded(now: self.start) == .write(close: true))
    }

    /// A streamed answer that a peer does not read ends when its time is over.
    @Test func slowStream() {
        var machine = self.machine()
        #expect(machine.headReceived(self.head(.GET), now: self.start) == .readBody(sendContinue: false))
        #expect(self.isRespond(machine.endReceived()))
        #expect(machine.streamStarted(closesConnection: true) == .write(close: true))
        machine.streamPaused(now: self.start)
        #expect(machine.timerFired(now: self.start + self.limits.bodyTimeout) == .close)
        #expect(machine.streamEnded(now: self.start) == .drop)
    }
}
