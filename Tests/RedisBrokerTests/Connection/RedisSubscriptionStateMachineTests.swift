// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

private typealias Machine = RedisSubscriptionStateMachine

/// A subscription connection's life, as scripts. Times are milliseconds since its beginning.
@Suite struct RedisSubscriptionStateMachineTests {
    private static let ok = RESPValue.simpleString("OK")

    private static func push(_ kind: String, _ channel: String, _ count: Int = 1) -> RESPValue {
        .array([.bulk(ByteBuffer(string: kind)), .bulk(ByteBuffer(string: channel)), .integer(count)])
    }

    /// A machine that became ready at 0.
    private func ready(_ channels: [String] = [], batch: Int = 512) -> Machine {
        var machine = Machine(
            configuration: .init(
                handshakeTimeout: .milliseconds(2_000),
                pingInterval: .milliseconds(15_000),
                pingTimeout: .milliseconds(2_000),
                batch: batch
            ),
            channels: channels
        )
        let (handshake, commands) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        #expect(machine.connected(handshake, now: .ms(0)) == .wait(timer: .ms(2_000)))
        #expect(machine.connected(handshake, now: .ms(0)) == .ignore)
        for _ in commands.dropLast() { #expect(machine.replyReceived(Self.ok, now: .ms(0)) == .ignore) }
        #expect(machine.replyReceived(.simpleString("PONG"), now: .ms(0)) == .becomeReady(timer: nil))
        machine.readCompleted(now: .ms(0))
        return machine
    }

    /// The commands of a flush, in words.
    private func words(_ flush: Machine.Flush) -> [String] {
        flush.commands.map { command in
            var output = ByteBuffer()
            RESPWriter.write(command, into: &output)
            let lines = String(buffer: output).split(separator: "\r\n")
            return lines.filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }.joined(separator: " ")
        }
    }

    // MARK: Subscribing

    /// A channel is on when Redis has confirmed it, and not before.
    @Test func subscribe() {
        var machine = self.ready()
        #expect(machine.isRestored)
        #expect(machine.subscribe(["a", "b"]) == .scheduleFlush)
        #expect(machine.subscribe(["c"]) == .scheduleFlush)
        let flush = machine.flush(now: .ms(100))
        #expect(self.words(flush) == ["SUBSCRIBE a b c"])
        #expect(flush.subscribed == [])
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(101)) == .subscribed("a"))
        #expect(machine.replyReceived(Self.push("subscribe", "b"), now: .ms(101)) == .subscribed("b"))
        #expect(machine.replyReceived(Self.push("subscribe", "c"), now: .ms(101)) == .subscribed("c"))
        #expect(self.words(machine.flush(now: .ms(102))) == [])
    }

    /// What was wanted before the connection is subscribed by it, in batches.
    @Test func batches() {
        var machine = self.ready(["a", "b", "c", "d", "e"], batch: 2)
        #expect(!machine.isRestored)
        #expect(self.words(machine.flush(now: .ms(0))) == ["SUBSCRIBE a b", "SUBSCRIBE c d", "SUBSCRIBE e"])
        for channel in ["a", "b", "c", "d", "e"] {
            #expect(!machine.isRestored)
            #expect(machine.replyReceived(Self.push("subscribe", channel), now: .ms(1)) == .subscribed(channel))
        }
        #expect(machine.isRestored)
        _ = machine.subscribe(["f"])
        _ = machine.flush(now: .ms(2))
        #expect(machine.isRestored)
    }

    /// What is asked for in the handshake waits for its end.
    @Test func duringTheHandshake() {
        var machine = Machine(
            configuration: .init(
                handshakeTimeout: .milliseconds(2_000),
                pingInterval: .milliseconds(15_000),
                pingTimeout: .milliseconds(2_000),
                batch: 512
            ),
            channels: []
        )
        #expect(machine.subscribe(["a"]) == .ignore)
        #expect(self.words(machine.flush(now: .ms(0))) == [])
        let (handshake, commands) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        #expect(machine.subscribe(["b"]) == .ignore)
        for _ in commands { _ = machine.replyReceived(Self.ok, now: .ms(0)) }
        #expect(self.words(machine.flush(now: .ms(0))) == ["SUBSCRIBE a b"])
    }

    /// Asking once more is answered once more, at once where the channel is on, else by the confirmation to come.
    @Test func askingAgain() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        _ = machine.subscribe(["a"])
        let pending = machine.flush(now: .ms(1))
        #expect(pending.subscribed == [] && pending.commands.isEmpty)
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(2)) == .subscribed("a"))
        _ = machine.subscribe(["a"])
        let on = machine.flush(now: .ms(3))
        #expect(on.subscribed == ["a"] && on.commands.isEmpty)
    }

    // MARK: Unsubscribing

    /// A channel is given up, and may be taken again.
    @Test func unsubscribe() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        _ = machine.replyReceived(Self.push("subscribe", "a"), now: .ms(1))
        #expect(machine.unsubscribe(["a", "unknown"]) == .scheduleFlush)
        #expect(self.words(machine.flush(now: .ms(2))) == ["UNSUBSCRIBE a"])
        #expect(machine.replyReceived(Self.push("unsubscribe", "a", 0), now: .ms(3)) == .ignore)
        #expect(machine.unsubscribe(["a"]) == .ignore)
        _ = machine.subscribe(["a"])
        #expect(self.words(machine.flush(now: .ms(4))) == ["SUBSCRIBE a"])
    }

    /// A confirmation that a later command has overtaken tells nobody that the channel is on.
    @Test func overtakenConfirmation() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        _ = machine.unsubscribe(["a"])
        _ = machine.flush(now: .ms(1))
        _ = machine.subscribe(["a"])
        #expect(self.words(machine.flush(now: .ms(2))) == ["SUBSCRIBE a"])
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(3)) == .ignore)
        #expect(machine.replyReceived(Self.push("unsubscribe", "a", 0), now: .ms(3)) == .ignore)
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(3)) == .subscribed("a"))
    }

    /// What changes back within a tick sends nothing, and is answered all the same.
    @Test func changedBackWithinATick() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.unsubscribe(["a"])
        #expect(self.words(machine.flush(now: .ms(0))) == [])
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(1))
        _ = machine.replyReceived(Self.push("subscribe", "a"), now: .ms(2))
        _ = machine.unsubscribe(["a"])
        _ = machine.subscribe(["a"])
        let flush = machine.flush(now: .ms(3))
        #expect(flush.commands.isEmpty && flush.subscribed == ["a"])
    }

    /// A confirmation between the wish to unsubscribe and its command tells nobody that the channel is on.
    @Test func unwantedWhileConfirmed() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        _ = machine.unsubscribe(["a"])
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(1)) == .ignore)
        #expect(self.words(machine.flush(now: .ms(2))) == ["UNSUBSCRIBE a"])
    }

    // MARK: Messages and what else comes

    /// A message comes with its channel and its bytes as they are.
    @Test func message() {
        var machine = self.ready()
        let payload = ByteBuffer(bytes: [0, 13, 10, 255])
        let message = RESPValue.array([
            .bulk(ByteBuffer(string: "message")), .bulk(ByteBuffer(string: "a")), .bulk(payload),
        ])
        #expect(machine.replyReceived(message, now: .ms(1)) == .message(channel: "a", payload: payload))
    }

    /// A confirmation that nobody asked for may mean that the server dropped a channel: better to begin anew.
    @Test func unaskedConfirmations() {
        for kind in ["subscribe", "unsubscribe"] {
            for channel in ["a", "unknown"] {
                var machine = self.ready()
                _ = machine.subscribe(["a"])
                _ = machine.flush(now: .ms(0))
                _ = machine.replyReceived(Self.push("subscribe", "a"), now: .ms(1))
                #expect(
                    machine.replyReceived(Self.push(kind, channel), now: .ms(2)) == .close(RedisLoss(.unexpectedReply))
                )
                #expect(machine.isClosed)
            }
        }
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        #expect(
            machine.replyReceived(Self.push("unsubscribe", "a"), now: .ms(1)) == .close(RedisLoss(.unexpectedReply))
        )
    }

    /// A refused subscription is the end: nobody would know that the channel is deaf.
    @Test func refusedSubscription() {
        var machine = self.ready()
        _ = machine.subscribe(["a"])
        _ = machine.flush(now: .ms(0))
        let line = "NOPERM this user has no permissions to access one of the channels used as arguments"
        guard case .close(let loss) = machine.replyReceived(.error(line), now: .ms(1)) else {
            Issue.record("it went on")
            return
        }
        #expect(loss.reason == .subscriptionRefused)
        #expect(machine.subscribe(["b"]) == .ignore)
        #expect(machine.replyReceived(Self.push("subscribe", "a"), now: .ms(2)) == .ignore)
    }

    /// Whatever else comes is the end, never a crash.
    @Test(arguments: [
        RESPValue.null, .integer(1), .simpleString("OK"), .simpleString("PONG"), .array([]), .array([.null]),
        .array([.integer(1), .integer(2), .integer(3)]),
        .array([.bulk(ByteBuffer(string: "message")), .bulk(ByteBuffer(string: "a")), .null]),
        .array([.bulk(ByteBuffer(string: "message")), .bulk(ByteBuffer(string: "a"))]),
        .array([.bulk(ByteBuffer(string: "pong")), .bulk(ByteBuffer())]),
        .array([.bulk(ByteBuffer(string: "pmessage")), .bulk(ByteBuffer()), .bulk(ByteBuffer()), .bulk(ByteBuffer())]),
        .array([.bulk(ByteBuffer(string: "subscribe")), .null, .integer(0)]),
    ])
    func anythingElse(reply: RESPValue) {
        var machine = self.ready()
        #expect(machine.replyReceived(reply, now: .ms(1)) == .close(RedisLoss(.unexpectedReply)))
    }

    // MARK: Time

    /// A quiet connection is pinged, in both forms that an answer has, and given up when it stays silent.
    @Test func keepAlive() {
        var machine = self.ready()
        #expect(machine.timerFired(now: .ms(2_000)) == .wait(timer: .ms(15_000)))
        #expect(machine.timerFired(now: .ms(15_000)) == .ping(timer: .ms(17_000)))
        #expect(machine.replyReceived(.simpleString("PONG"), now: .ms(15_010)) == .ignore)
        machine.readCompleted(now: .ms(15_010))
        #expect(machine.timerFired(now: .ms(17_000)) == .wait(timer: .ms(30_000)))
        #expect(machine.timerFired(now: .ms(30_000)) == .ping(timer: .ms(32_000)))
        let pong = RESPValue.array([.bulk(ByteBuffer(string: "pong")), .bulk(ByteBuffer())])
        #expect(machine.replyReceived(pong, now: .ms(30_010)) == .ignore)
        machine.readCompleted(now: .ms(30_010))
        #expect(machine.timerFired(now: .ms(45_000)) == .ping(timer: .ms(47_000)))
        #expect(machine.timerFired(now: .ms(47_000)) == .close(RedisLoss(.pingTimeout)))
        #expect(machine.timerFired(now: .ms(48_000)) == .ignore)
    }

    /// A server that refuses all work answers pings with errors too: the connection lives, and subscriptions stay.
    @Test(arguments: ["MISCONF Redis is configured to save RDB snapshots", "BUSY Redis is busy", "NOPERM No"])
    func pingRefused(line: String) {
        var machine = self.ready()
        #expect(machine.timerFired(now: .ms(15_000)) == .ping(timer: .ms(17_000)))
        #expect(machine.replyReceived(.error(line), now: .ms(15_010)) == .ignore)
        machine.readCompleted(now: .ms(15_010))
        #expect(machine.timerFired(now: .ms(17_000)) == .wait(timer: .ms(30_000)))
        // Nothing was asked of it now.
        let detail = "\(RedisError.command(line))"
        #expect(
            machine.replyReceived(.error(line), now: .ms(17_010))
                == .close(RedisLoss(.subscriptionRefused, detail))
        )
    }

    /// A connection that brings messages lives, though an answer is still behind them.
    @Test func messagesAreLife() {
        var machine = self.ready()
        #expect(machine.timerFired(now: .ms(15_000)) == .ping(timer: .ms(17_000)))
        _ = machine.replyReceived(
            .array([.bulk(ByteBuffer(string: "message")), .bulk(ByteBuffer(string: "a")), .bulk(ByteBuffer())]),
            now: .ms(16_500)
        )
        machine.readCompleted(now: .ms(16_500))
        #expect(machine.timerFired(now: .ms(17_000)) == .wait(timer: .ms(18_500)))
        #expect(machine.timerFired(now: .ms(18_500)) == .close(RedisLoss(.pingTimeout)))
    }

    /// A subscription that is not confirmed in time is the end, and its time sets the timer.
    @Test func unconfirmedSubscription() {
        var machine = self.ready()
        #expect(machine.timerFired(now: .ms(2_000)) == .wait(timer: .ms(15_000)))
        _ = machine.subscribe(["a"])
        #expect(machine.flush(now: .ms(3_000)).timer == .ms(5_000))
        _ = machine.subscribe(["b"])
        #expect(machine.flush(now: .ms(4_000)).timer == nil)
        #expect(machine.timerFired(now: .ms(5_000)) == .close(RedisLoss(.pingTimeout)))
    }

    /// A server that takes the connection and says nothing is given up.
    @Test func handshakeTimeout() {
        var machine = Machine(
            configuration: .init(
                handshakeTimeout: .milliseconds(2_000),
                pingInterval: .milliseconds(15_000),
                pingTimeout: .milliseconds(2_000),
                batch: 512
            ),
            channels: ["a"]
        )
        let (handshake, _) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        #expect(machine.timerFired(now: .ms(1_000)) == .wait(timer: .ms(2_000)))
        #expect(machine.timerFired(now: .ms(2_000)) == .close(RedisLoss(.handshakeTimeout)))
    }

    /// It ends once.
    @Test func endsOnce() {
        var machine = self.ready(["a"])
        #expect(machine.connectionLost(RedisLoss(.peerClosed)) == .close(RedisLoss(.peerClosed)))
        #expect(machine.connectionLost(RedisLoss(.transportFailed)) == .ignore)
        #expect(machine.unsubscribe(["a"]) == .ignore)
    }
}
