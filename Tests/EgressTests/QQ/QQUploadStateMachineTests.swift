// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct QQUploadStateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let timeout = TimeAmount.seconds(30)

    private func after(_ seconds: Int64) -> NIODeadline { self.start + .seconds(seconds) }

    private func started() -> QQUploadStateMachine {
        var machine = QQUploadStateMachine(timeout: self.timeout, now: self.start)
        #expect(machine.started(now: self.start) == true)
        return machine
    }

    /// Pieces are asked for one at a time, only when the connection is ready, and only while it takes them.
    @Test func pieces() {
        var machine = QQUploadStateMachine(timeout: self.timeout, now: self.start)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == false)
        #expect(machine.started(now: self.start) == true)
        #expect(machine.started(now: self.start) == false)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == true)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == false)
        #expect(machine.pieceReceived(now: self.start) == true)
        #expect(machine.asksForPiece(isWritable: false, now: self.start) == false)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == true)
        #expect(machine.bodyEnded(now: self.start) == true)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == false)
    }

    /// The platform's time runs while it connects, takes nothing, or owes its answer or the next part of it; not while the
    /// client sends or reads.
    @Test func time() {
        var machine = QQUploadStateMachine(timeout: self.timeout, now: self.start)
        #expect(machine.deadline == self.after(30))
        _ = machine.started(now: self.after(1))
        #expect(machine.deadline == self.after(31))
        _ = machine.asksForPiece(isWritable: true, now: self.after(2))
        #expect(machine.deadline == .distantFuture)
        _ = machine.pieceReceived(now: self.after(100))
        #expect(machine.deadline == self.after(130))
        #expect(!machine.isLate(now: self.after(129)) && machine.isLate(now: self.after(130)))
        _ = machine.asksForPiece(isWritable: true, now: self.after(110))
        _ = machine.bodyEnded(now: self.after(120))
        #expect(machine.deadline == self.after(150))
        machine.answerBegan(status: 200, now: self.after(140))
        #expect(machine.deadline == self.after(170))
        machine.answerContinued(isAsked: false, now: self.after(150))
        #expect(machine.deadline == .distantFuture && !machine.readsAnswer)
        machine.answerContinued(isAsked: true, now: self.after(200))
        #expect(machine.deadline == self.after(230) && machine.readsAnswer)
        machine.answerEnded()
        #expect(machine.deadline == .distantFuture && machine.isOver)
    }

    /// An early refusal ends the sending, whether a piece was asked for or not; another early answer does not.
    @Test(arguments: [(200, true), (299, true), (302, false), (413, false), (500, false)])
    func earlyAnswers(status: Int, goesOn: Bool) {
        var machine = self.started()
        machine.answerBegan(status: status, now: self.start)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == goesOn)

        machine = self.started()
        _ = machine.asksForPiece(isWritable: true, now: self.start)
        machine.answerBegan(status: status, now: self.start)
        #expect(machine.pieceReceived(now: self.start) == goesOn)
        #expect(machine.bodyEnded(now: self.start) == goesOn)
    }

    /// A loss before the answer is a refusal, one within it a cut, and one behind it nothing; each is said once.
    @Test func failures() {
        var machine = self.started()
        #expect(machine.failed() == .refuse)
        #expect(machine.failed() == .none)
        #expect(machine.started(now: self.start) == false)

        machine = self.started()
        machine.answerBegan(status: 200, now: self.start)
        #expect(machine.failed() == .cut)

        machine = self.started()
        machine.answerBegan(status: 200, now: self.start)
        machine.answerEnded()
        #expect(machine.failed() == .none)
    }

    /// A client that went while the platform was being connected to has nothing sent.
    @Test func goneBeforeTheStart() {
        var machine = QQUploadStateMachine(timeout: self.timeout, now: self.start)
        _ = machine.failed()
        #expect(machine.started(now: self.start) == false)
        #expect(machine.asksForPiece(isWritable: true, now: self.start) == false)
    }
}

@Suite struct QQUpstreamAddressTests {
    /// Scheme, host, port and path are what the URL says, and `Host` names the port where it is not the scheme's own.
    @Test(arguments: [
        ("https://api.sgroup.qq.com", "api.sgroup.qq.com", 443, "", "api.sgroup.qq.com"),
        ("http://localhost:8080/a/b", "localhost", 8080, "/a/b", "localhost:8080"),
        ("http://127.0.0.1:80", "127.0.0.1", 80, "", "127.0.0.1"),
        ("https://[::1]:8443/x", "::1", 8443, "/x", "[::1]:8443"), ("https://[::1]", "::1", 443, "", "[::1]"),
    ])
    func parts(url: String, host: String, port: Int, path: String, field: String) throws {
        let address = try #require(QQUpstreamAddress(url))
        #expect(address.isTLS == url.hasPrefix("https"))
        #expect(address.host == host && address.port == port && address.path == path)
        #expect(address.hostField == field)
    }

    /// What is no address is none.
    @Test(arguments: [
        "", "ftp://a", "https://", "https://:80", "http://a:b", "http://a:65536", "http://[::1", "http://[::1]x",
    ])
    func malformed(url: String) {
        #expect(QQUpstreamAddress(url) == nil)
    }
}
