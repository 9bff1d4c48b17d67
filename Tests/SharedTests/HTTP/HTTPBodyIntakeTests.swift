// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Shared

/// Bodies that go to their route piece by piece, as scripts for the state machines.
@Suite struct HTTPBodyIntakeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let limits = HTTPLimits()
    private let window = ByteBuffer(repeating: 0x20, count: HTTPLimits.bodyWindow)
    private let byte = ByteBuffer(string: "x")

    private func intake() -> HTTPBodyIntake {
        HTTPBodyIntake(time: .seconds(20), expectsContinue: false)
    }

    private func after(_ seconds: Int64) -> NIODeadline { self.start + .seconds(seconds) }

    /// A machine whose request is with a route that takes its body.
    private func machine(
        _ headers: HTTPHeaders = ["transfer-encoding": "chunked"],
        version: HTTPVersion = .http1_1
    ) -> HTTPConnectionStateMachine {
        var machine = HTTPConnectionStateMachine(limits: self.limits, now: self.start)
        let action = machine.headReceived(self.head(headers, version: version), now: self.start) { true }
        #expect(action == .respondStreaming(length: headers.first(name: "content-length").flatMap { Int($0) }))
        return machine
    }

    private func head(_ headers: HTTPHeaders, version: HTTPVersion = .http1_1) -> HTTPRequestHead {
        var headers = headers
        headers.add(name: "Host", value: "localhost")
        return HTTPRequestHead(version: version, method: .POST, uri: "/up", headers: headers)
    }

    private func isDeliverEnd(_ action: HTTPConnectionStateMachine.EndAction) -> Bool {
        if case .deliverEnd = action { true } else { false }
    }

    // MARK: Pieces

    /// What came is held until the route asks, pieces become one, and nothing more may be read meanwhile.
    @Test func holds() {
        var intake = self.intake()
        #expect(!intake.holds)
        intake.receive(ByteBuffer(string: "ab"), now: self.start)
        intake.receive(ByteBuffer(string: "cd"), now: self.start)
        #expect(intake.readCompleted() == nil)
        #expect(intake.holds)
        #expect(intake.ask(now: self.start) == .deliver(ByteBuffer(string: "abcd")))
        #expect(!intake.holds)
        #expect(intake.ask(now: self.start) == .wait(sendContinue: false))
        intake.receive(ByteBuffer(string: "e"), now: self.start)
        intake.receive(ByteBuffer(string: "f"), now: self.start)
        #expect(intake.readCompleted() == ByteBuffer(string: "ef"))
        #expect(intake.readCompleted() == nil)
        #expect(!intake.holds)
        #expect(intake.isOpen)
    }

    /// The end comes behind what waits, and at once where the route has asked.
    @Test func ends() {
        var intake = self.intake()
        intake.receive(self.byte, now: self.start)
        #expect(intake.end() == false)
        #expect(!intake.isOpen)
        #expect(intake.ask(now: self.start) == .deliver(self.byte))
        #expect(intake.ask(now: self.start) == .deliverEnd)

        intake = self.intake()
        #expect(intake.ask(now: self.start) == .wait(sendContinue: false))
        #expect(intake.end() == true)
        #expect(intake.deadline == .distantFuture)

        // In one read with what was asked for.
        intake = self.intake()
        #expect(intake.ask(now: self.start) == .wait(sendContinue: false))
        intake.receive(self.byte, now: self.start)
        #expect(intake.end() == false)
        #expect(intake.readCompleted() == self.byte)
        #expect(intake.ask(now: self.start) == .deliverEnd)
    }

    /// A body that stopped never ends, and lets nothing more through; what is behind it is no request.
    @Test func stops() {
        var intake = self.intake()
        intake.receive(self.byte, now: self.start)
        intake.stop()
        #expect(intake.holds && intake.isOpen)
        intake.receive(self.byte, now: self.start)
        #expect(intake.readCompleted() == nil)
        #expect(intake.ask(now: self.start) == .none)
        #expect(intake.end() == false)
        #expect(intake.isOpen)
    }

    // MARK: Time

    /// Only time in which the route waits for the peer is the peer's.
    @Test func timeThatTheRouteTakesDoesNotCount() {
        var intake = self.intake()
        #expect(intake.deadline == .distantFuture)
        _ = intake.ask(now: self.after(100))
        #expect(intake.deadline == self.after(120))
        intake.receive(self.byte, now: self.after(115))
        _ = intake.readCompleted()
        #expect(intake.deadline == .distantFuture)
        _ = intake.ask(now: self.after(500))
        #expect(intake.deadline == self.after(505))
    }

    /// Bytes that trickle in do not stretch the time, and a whole window of them begins it anew.
    @Test func trickling() {
        var intake = self.intake()
        for second in 0..<19 {
            _ = intake.ask(now: self.after(Int64(second)))
            intake.receive(self.byte, now: self.after(Int64(second) + 1))
            _ = intake.readCompleted()
        }
        _ = intake.ask(now: self.after(19))
        #expect(intake.deadline == self.after(20))
        intake.receive(self.window, now: self.after(19))
        _ = intake.readCompleted()
        _ = intake.ask(now: self.after(19))
        #expect(intake.deadline == self.after(39))
    }

    /// A peer that is too slow is refused, and what its route answers afterwards is not written.
    @Test func slowPeer() {
        var machine = self.machine()
        #expect(machine.deadline == .distantFuture)
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))
        #expect(machine.timerFired(now: self.after(19)) == .rearm)
        #expect(machine.timerFired(now: self.after(20)) == .refuse(.bodyTimeout))
        #expect(machine.bodyReceived(self.byte, now: self.after(20)) == .none)
        #expect(machine.bodyAsked(now: self.after(20)) == .none)
        #expect(machine.responseReady(closesConnection: false, now: self.after(21)) == .drop)
        #expect(machine.streamStarted(closesConnection: false) == .drop)
        #expect(machine.upgradeReady() == false)
    }

    /// Where the answer has begun, a peer that is too slow is cut off.
    @Test func slowPeerBehindAnEarlyAnswer() {
        var machine = self.machine()
        #expect(machine.streamStarted(closesConnection: false) == .write(close: true))
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))
        #expect(machine.timerFired(now: self.after(20)) == .close)
    }

    // MARK: Which bodies

    /// A route is asked only about a body that is long or of unknown length; short ones come whole, and so do those of
    /// routes that do not stream, within the limit.
    @Test(arguments: [
        ("X-None", "", false), ("Content-Length", "0", false), ("Content-Length", "65536", false),
        ("Content-Length", "65537", true), ("Content-Length", "9000000000000000000", true),
        ("Transfer-Encoding", "chunked", true),
    ])
    func whichBodies(name: String, value: String, asks: Bool) {
        let headers: HTTPHeaders = [name: value]
        var (machine, wasAsked) = (HTTPConnectionStateMachine(limits: self.limits, now: self.start), false)
        _ = machine.headReceived(self.head(headers), now: self.start) {
            wasAsked = true
            return true
        }
        #expect(wasAsked == asks)
        #expect(machine.isTakingBody == asks)

        machine = HTTPConnectionStateMachine(limits: self.limits, now: self.start)
        let isTooLong = (headers.first(name: "content-length").flatMap { Int($0) } ?? 0) > self.limits.body
        let whole = machine.headReceived(self.head(headers), now: self.start) { false }
        #expect(whole == (isTooLong ? .refuse(.bodyTooLarge) : .readBody(sendContinue: false)))
    }

    /// A limit that is smaller than what is always whole does not refuse what a route would stream.
    @Test func smallLimits() {
        var limits = HTTPLimits()
        limits.body = 1_024
        var machine = HTTPConnectionStateMachine(limits: limits, now: self.start)
        let head = self.head(["content-length": "1025"])
        #expect(machine.headReceived(head, now: self.start) { true } == .respondStreaming(length: 1_025))
    }

    /// What is refused by its header never reaches a route.
    @Test(arguments: [
        ["transfer-encoding": "gzip, chunked"], ["content-length": "18446744073709551615"],
        ["content-length": "65537", "expect": "tea"], ["content-length": "65537", "host": "b"],
    ])
    func refusals(fields: [String: String]) {
        let headers = HTTPHeaders(fields.map { ($0.key, $0.value) })
        var machine = HTTPConnectionStateMachine(limits: self.limits, now: self.start)
        let action = machine.headReceived(self.head(headers), now: self.start) {
            Issue.record("a route was asked")
            return true
        }
        guard case .refuse = action else {
            Issue.record("not refused")
            return
        }
    }

    // MARK: 100

    /// 100 is sent when the route begins to take the body; not where the body came unasked, where the answer has begun, or
    /// to HTTP/1.0 (RFC 9110, section 10.1.1).
    @Test func expectations() {
        let headers: HTTPHeaders = ["content-length": "100000", "expect": "100-continue"]
        var machine = self.machine(headers)
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: true))
        #expect(machine.bodyReceived(self.byte, now: self.start) == .none)
        #expect(machine.takeBody() == self.byte)
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))

        machine = self.machine(headers)
        #expect(machine.bodyReceived(self.byte, now: self.start) == .none)
        #expect(machine.bodyAsked(now: self.start) == .deliver(self.byte))
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))

        machine = self.machine(headers)
        #expect(machine.streamStarted(closesConnection: false) == .write(close: true))
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))

        machine = self.machine(headers, version: .http1_0)
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))
    }

    // MARK: Ends

    /// A connection goes on behind a body that was whole before the answer; behind any other it is closed.
    @Test func earlyAnswers() {
        var machine = self.machine()
        #expect(machine.isTakingBody)
        #expect(!self.isDeliverEnd(machine.endReceived()))
        #expect(!machine.isTakingBody && machine.isResponding)
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: false))
        #expect(machine.headReceived(self.head([:]), now: self.start) == .readBody(sendContinue: false))

        machine = self.machine()
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: true))
        #expect(machine.bodyReceived(self.byte, now: self.start) == .none)
        #expect(!self.isDeliverEnd(machine.endReceived()))
        #expect(machine.headReceived(self.head([:]), now: self.start) == .ignore)

        // The answer says that it is the last when it begins, so it stays the last.
        machine = self.machine()
        #expect(machine.streamStarted(closesConnection: false) == .write(close: true))
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))
        #expect(self.isDeliverEnd(machine.endReceived()))
        #expect(machine.streamEnded(now: self.start) == .write(close: true))
    }

    /// A body that breaks off is refused, or, where the answer has begun, goes no further.
    @Test func brokenBodies() {
        var machine = self.machine()
        #expect(machine.parserFailed(.malformedRequest, now: self.start) == .refuse(.malformedRequest))
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .drop)

        machine = self.machine()
        _ = machine.streamStarted(closesConnection: false)
        #expect(machine.parserFailed(.malformedRequest, now: self.start) == .stopBody)
        #expect(machine.bodyAsked(now: self.start) == .none)
        #expect(!self.isDeliverEnd(machine.endReceived()))
        #expect(machine.streamEnded(now: self.start) == .write(close: true))

        machine = self.machine()
        #expect(machine.inputClosed(now: self.start) == .closeOutput)
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .drop)
        #expect(machine.outputClosed(now: self.start) == true)

        machine = self.machine()
        _ = machine.streamStarted(closesConnection: false)
        #expect(machine.inputClosed(now: self.start) == .stopBody)
        #expect(machine.streamEnded(now: self.start) == .write(close: true))
    }

    /// A peer that has sent its whole body may close its side: the answer is still owed.
    @Test func halfClosureBehindTheBody() {
        var machine = self.machine()
        _ = machine.endReceived()
        #expect(machine.inputClosed(now: self.start) == .none)
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: true))
    }

    /// A server that quiesces lets the body come and the answer go, as the last.
    @Test func quiescing() {
        var machine = self.machine()
        #expect(machine.quiesce(now: self.start) == false)
        #expect(machine.bodyAsked(now: self.start) == .wait(sendContinue: false))
        #expect(machine.bodyReceived(self.byte, now: self.start) == .none)
        #expect(machine.takeBody() == self.byte)
        _ = machine.endReceived()
        #expect(machine.responseReady(closesConnection: false, now: self.start) == .write(close: true))
    }
}
