// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct WebSocketStateMachineTests {
    typealias Ending = WebSocketStateMachine.Ending

    private var machine = WebSocketStateMachine(configuration: WebSocketConfiguration(outboundLimit: 1000))
    private let normal = WebSocketCloseFrame(code: .normalClosure, reason: "bye")
    private let payload = ByteBuffer(string: "payload")
    private let peersClose = WebSocketFrameParser.Output.close(ByteBuffer(bytes: [0x03, 0xE8]))

    /// An open socket hands messages on, answers pings, and has no use for pongs that answer no probe.
    @Test mutating func handlesFramesWhileOpen() {
        #expect(machine.frameReceived(.message(.text(payload)), hasRoomForPong: true) == .deliver(.text(payload)))
        #expect(machine.frameReceived(.ping(payload), hasRoomForPong: true) == .addPong(payload))
        #expect(machine.frameReceived(.pong(payload), hasRoomForPong: true) == .ignore)
        #expect(machine.frameReceived(.pong(ByteBuffer()), hasRoomForPong: true) == .ignore)
        #expect(machine.frameReceived(.discardedMessage, hasRoomForPong: true) == .ignore)
        #expect(machine.isOpen)
    }

    /// A pong with a probe's number says how far the peer has read, but not on a socket that closes.
    @Test mutating func hearsAnswersToProbes() {
        var probe = WebSocketProbe.ping(0x0102_0304_0506_0708)
        #expect(probe.readBytes(length: 2) == [0x89, 8])
        let pong = WebSocketFrameParser.Output.pong(probe)
        #expect(machine.frameReceived(pong, hasRoomForPong: false) == .probeAnswered(0x0102_0304_0506_0708))
        _ = machine.closeRequested(normal, reason: .drain)
        #expect(machine.frameReceived(pong, hasRoomForPong: true) == .ignore)
    }

    /// RFC 6455 5.5.3: with no room for more pongs the latest ping is the one that is answered.
    @Test mutating func answersTheLatestPing() {
        #expect(machine.frameReceived(.ping(payload), hasRoomForPong: false) == .replacePongs(payload))
    }

    /// The peer's close is echoed with its code, the owner told, and the connection dropped once the echo is written.
    @Test mutating func echoesThePeersClose() {
        let ending = Ending(frame: .init(code: .normalClosure), reason: .clientClosed)
        #expect(machine.frameReceived(peersClose, hasRoomForPong: true) == .startClosing(ending))
        #expect(!machine.isOpen && machine.isClosing)
        #expect(machine.frameReceived(.message(.text(payload)), hasRoomForPong: true) == .ignore)
        #expect(machine.frameReceived(.ping(payload), hasRoomForPong: true) == .ignore)
        #expect(machine.closeFrameWritten() == .drop)
        #expect(!machine.isClosing)
    }

    /// Who could not go on need not have read what it was sent; every other code says that it would not.
    @Test(arguments: [
        UInt16(1000): SocketEndReason.clientClosed, 1001: .clientClosed, 1002: .clientFailed,
        1003: .messageRefused, 1007: .messageRefused, 1008: .clientFailed, 1009: .messageRefused, 1010: .clientFailed,
        1011: .clientFailed,
        1012: .clientClosed, 1013: .clientClosed, 1014: .clientFailed, 3000: .clientClosed, 4999: .clientClosed,
    ])
    mutating func tellsAFailureFromAGoodbye(code: UInt16, reason: SocketEndReason) {
        let code = WebSocketCloseCode(rawValue: code)
        let action = machine.frameReceived(.close(ByteBuffer(integer: code.rawValue)), hasRoomForPong: true)
        #expect(action == .startClosing(Ending(frame: .init(code: code), reason: reason)))
        #expect(reason.isGoodbye == (reason == .clientClosed))
    }

    /// An error that crosses our close is no answer to it.
    @Test(arguments: [1000: true, 1001: true, 1009: false, 1011: false] as [UInt16: Bool])
    mutating func closesCross(code: UInt16, isAnswer: Bool) {
        #expect(machine.closeRequested(normal, reason: .drain) == .startClosing(Ending(frame: normal, reason: .drain)))
        #expect(machine.closeFrameWritten() == .none)
        let action = machine.frameReceived(.close(ByteBuffer(integer: code)), hasRoomForPong: true)
        #expect(action == (isAnswer ? .dropAnswered : .drop))
    }

    /// Our close waits for the peer's, and drops nothing before.
    @Test mutating func waitsForThePeersClose() {
        let ending = Ending(frame: normal, reason: .serverClosed)
        #expect(machine.closeRequested(normal, reason: .serverClosed) == .startClosing(ending))
        #expect(machine.closeFrameWritten() == .none)
        #expect(machine.frameReceived(.message(.text(payload)), hasRoomForPong: true) == .ignore)
        #expect(machine.frameReceived(.ping(payload), hasRoomForPong: true) == .ignore)
        #expect(machine.frameReceived(peersClose, hasRoomForPong: true) == .dropAnswered)
    }

    /// Where the closes cross, ours is written before the connection is dropped.
    @Test mutating func crossingClosesAreBothSent() {
        _ = machine.closeRequested(normal, reason: .drain)
        #expect(machine.frameReceived(peersClose, hasRoomForPong: true) == .ignore)
        #expect(machine.isClosing)
        #expect(machine.closeFrameWritten() == .drop)
    }

    /// A peer that does not answer our close is dropped at the deadline; after the end the deadline means nothing.
    @Test mutating func dropsAtTheDeadline() {
        _ = machine.closeRequested(normal, reason: .drain)
        _ = machine.closeFrameWritten()
        #expect(machine.closeDeadlineReached() == .drop)
        #expect(machine.closeDeadlineReached() == .none)
        #expect(machine.frameReceived(peersClose, hasRoomForPong: true) == .ignore)
        #expect(machine.connectionLost() == .ignore)
    }

    /// The first reason stands: a second close, a send or a heartbeat does nothing to a closing socket.
    @Test mutating func closesOnce() {
        _ = machine.closeRequested(normal, reason: .drain)
        #expect(machine.closeRequested(normal, reason: .serverClosed) == .ignore)
        #expect(machine.sendRequested(bytes: 1, backlog: 0) == .refuse)
        #expect(machine.heartbeatDue(.ping, now: .uptimeNanoseconds(1), backlog: 0, isReading: true) == .none)
        #expect(machine.connectionLost() == .drop)
        #expect(machine.connectionLost() == .ignore)
        #expect(machine.closeFrameWritten() == .none)
    }

    /// A violation is answered with its code; our side is finished and the peer's bytes read to the end, so that the
    /// close frame is not lost to a reset.
    @Test(arguments: WebSocketViolation.allCases)
    mutating func answersViolations(violation: WebSocketViolation) {
        let reason = violation.endReason
        let frame = WebSocketCloseFrame(code: reason.closeCode, reason: violation.explanation)
        let expected = Ending(frame: frame, reason: reason)
        #expect(machine.frameReceived(.violation(violation), hasRoomForPong: true) == .startClosing(expected))
        #expect(machine.closeFrameWritten() == .finishOutput)
        #expect(machine.frameReceived(peersClose, hasRoomForPong: true) == .ignore)
        #expect(machine.isClosing)
        #expect(machine.closeDeadlineReached() == .drop)
    }

    /// A violation in place of the awaited close ends the waiting.
    @Test(arguments: [true, false]) mutating func violationWhileClosing(isWritten: Bool) {
        _ = machine.closeRequested(normal, reason: .drain)
        if isWritten {
            #expect(machine.closeFrameWritten() == .none)
            #expect(machine.frameReceived(.violation(.reservedBits), hasRoomForPong: true) == .drop)
        } else {
            #expect(machine.frameReceived(.violation(.reservedBits), hasRoomForPong: true) == .ignore)
            #expect(machine.closeFrameWritten() == .drop)
        }
    }

    /// A connection that ends with no close frame is lost, and the owner told.
    @Test mutating func losesTheConnection() {
        #expect(machine.connectionLost() == .end(.connectionLost))
        #expect(machine.connectionLost() == .ignore)
        #expect(machine.sendRequested(bytes: 1, backlog: 0) == .refuse)
    }

    /// The outbound limit is exact, and with an empty queue one frame of any size passes.
    @Test mutating func boundsTheQueue() {
        #expect(machine.sendRequested(bytes: 5000, backlog: 0) == .write)
        #expect(machine.sendRequested(bytes: 1, backlog: 999) == .write)
        guard case .startClosing(let ending) = machine.sendRequested(bytes: 2, backlog: 999) else {
            Issue.record("a queue over the limit must end the socket")
            return
        }
        #expect(ending.reason == .slowConsumer)
        #expect(ending.frame.code == .tryAgainLater)
        #expect(ending.frame.reason == "slow consumer, resume from your last event")
        #expect(machine.closeFrameWritten() == .none)
        #expect(machine.closeDeadlineReached() == .drop)
    }

    /// A frame larger than the limit does not get in behind others, and overflows nothing.
    @Test mutating func refusesAFrameOverTheLimitBehindOthers() {
        #expect(machine.sendRequested(bytes: .max, backlog: 1) != .write)
        #expect(!machine.isOpen)
    }
}
