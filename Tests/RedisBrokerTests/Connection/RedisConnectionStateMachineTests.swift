// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

private typealias Machine = RedisConnectionStateMachine<String>

/// A command connection's life, as scripts. Times are milliseconds since its beginning.
@Suite struct RedisConnectionStateMachineTests {
    private static let ok = RESPValue.simpleString("OK")
    private static let pong = RESPValue.simpleString("PONG")

    private var configuration = Machine.Configuration(
        handshakeTimeout: .milliseconds(2_000),
        commandTimeout: .milliseconds(1_000),
        pingInterval: .milliseconds(500),
        pingTimeout: .milliseconds(1_000),
        maximumPendingCommands: 3,
        maximumPendingBytes: 100
    )

    /// A machine that became ready at 0.
    private func ready() -> Machine {
        var machine = Machine(configuration: self.configuration)
        let (handshake, commands) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        #expect(machine.connected(handshake, now: .ms(0)) == .wait(timer: .ms(2_000)))
        for _ in commands.dropLast() { #expect(machine.replyReceived(Self.ok, now: .ms(0)) == .ignore) }
        #expect(machine.replyReceived(Self.pong, now: .ms(0)) == .becomeReady(timer: .ms(500)))
        return machine
    }

    // MARK: Opening

    /// Nothing can be sent before the handshake is over.
    @Test func handshakeFirst() {
        var machine = Machine(configuration: self.configuration)
        #expect(machine.sendRequested("a", bytes: 1, now: .ms(0)) == .refuse(.unavailable))
        let (handshake, _) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        #expect(machine.connected(handshake, now: .ms(5)) == .wait(timer: .ms(2_005)))
        #expect(machine.connected(handshake, now: .ms(6)) == .ignore)
        #expect(machine.sendRequested("a", bytes: 1, now: .ms(6)) == .refuse(.unavailable))
        #expect(!machine.isReady)
    }

    /// A server that takes the connection and says nothing is given up.
    @Test func handshakeTimeout() {
        var machine = Machine(configuration: self.configuration)
        let (handshake, _) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        #expect(machine.timerFired(now: .ms(1_999)) == .wait(timer: .ms(2_000)))
        #expect(machine.timerFired(now: .ms(2_000)) == .close(.init(loss: RedisLoss(.handshakeTimeout), failures: [])))
        #expect(machine.isClosed)
        #expect(machine.replyReceived(Self.ok, now: .ms(2_001)) == .ignore)
        #expect(machine.connectionLost(RedisLoss(.peerClosed)) == .ignore)
        #expect(machine.timerFired(now: .ms(3_000)) == .ignore)
    }

    /// A refusal in the handshake is the end.
    @Test func handshakeRefused() {
        var machine = Machine(configuration: self.configuration)
        let (handshake, _) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        guard case .close(let closing) = machine.replyReceived(.error("NOAUTH Authentication required."), now: .ms(1))
        else {
            Issue.record("it went on")
            return
        }
        #expect(closing.loss.reason == .authenticationFailed)
    }

    // MARK: Commands

    /// Replies belong to commands in the order in which these were sent; an error reply is its command's only.
    @Test func pipelining() {
        var machine = self.ready()
        #expect(machine.sendRequested("a", bytes: 1, now: .ms(10)) == .write(timer: nil))
        #expect(machine.sendRequested("b", bytes: 1, now: .ms(11)) == .write(timer: nil))
        #expect(machine.sendRequested("c", bytes: 1, now: .ms(12)) == .write(timer: nil))
        #expect(machine.replyReceived(.integer(1), now: .ms(20)) == .complete("a", .success(.integer(1))))
        let error = RedisError.command("NOSCRIPT No matching script.")
        #expect(
            machine.replyReceived(.error("NOSCRIPT No matching script."), now: .ms(20))
                == .complete("b", .failure(error))
        )
        #expect(machine.replyReceived(.null, now: .ms(20)) == .complete("c", .success(.null)))
        #expect(machine.trouble == nil)
    }

    /// What waits for a reply is bounded in number.
    @Test func boundedInNumber() {
        var machine = self.ready()
        for name in ["a", "b", "c"] {
            #expect(machine.sendRequested(name, bytes: 1, now: .ms(0)) == .write(timer: nil))
        }
        #expect(machine.sendRequested("d", bytes: 1, now: .ms(0)) == .refuse(.overloaded))
        #expect(machine.replyReceived(Self.ok, now: .ms(1)) == .complete("a", .success(Self.ok)))
        #expect(machine.sendRequested("e", bytes: 1, now: .ms(1)) == .write(timer: nil))
    }

    /// What waits for a reply is bounded in bytes.
    @Test func boundedInBytes() {
        var machine = self.ready()
        #expect(machine.sendRequested("a", bytes: 60, now: .ms(0)) == .write(timer: nil))
        #expect(machine.sendRequested("b", bytes: 41, now: .ms(0)) == .refuse(.overloaded))
        #expect(machine.sendRequested("c", bytes: 40, now: .ms(0)) == .write(timer: nil))
        #expect(machine.replyReceived(Self.ok, now: .ms(1)) == .complete("a", .success(Self.ok)))
        #expect(machine.sendRequested("d", bytes: 60, now: .ms(1)) == .write(timer: nil))
    }

    /// A reply that nobody asked for means that replies and commands do not match any more.
    @Test func unexpectedReply() {
        var machine = self.ready()
        #expect(
            machine.replyReceived(Self.ok, now: .ms(1))
                == .close(.init(loss: RedisLoss(.unexpectedReply), failures: []))
        )
    }

    // MARK: Errors of the server

    /// An error that says that this connection is of no use fails its command with it and the others without.
    @Test(arguments: [
        ("READONLY You can't write against a read only replica.", RedisLossReason.notPrimary),
        ("LOADING Redis is loading the dataset in memory", .loading),
        ("NOAUTH Authentication required.", .authenticationFailed),
    ])
    func errorOfTheConnection(line: String, reason: RedisLossReason) {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(0))
        guard
            case .completeAndClose("a", .failure(let error), let closing) = machine.replyReceived(
                .error(line),
                now: .ms(1)
            )
        else {
            Issue.record("it went on")
            return
        }
        #expect(error == .command(line))
        #expect(closing.loss.reason == reason)
        #expect(closing.failures == [.init(request: "b", error: .unavailable)])
    }

    /// An error that concerns the whole server is trouble for a while after it was last seen, though pings are answered.
    @Test func errorOfTheServer() {
        var machine = self.ready()
        let error = RedisError.command("CLUSTERDOWN The cluster is down")
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        guard case .command(let line) = error else { return }
        #expect(machine.replyReceived(.error(line), now: .ms(100)) == .complete("a", .failure(error)))
        #expect(machine.trouble == .refusing(error))
        #expect(machine.timerFired(now: .ms(500)) == .ping(timer: .ms(1_000)))
        #expect(machine.replyReceived(Self.pong, now: .ms(510)) == .ignore)
        #expect(machine.trouble == .refusing(error))
        #expect(machine.timerFired(now: .ms(1_000)) == .ping(timer: .ms(1_500)))
        #expect(machine.replyReceived(Self.pong, now: .ms(1_010)) == .ignore)
        _ = machine.timerFired(now: .ms(2_099))
        #expect(machine.trouble == .refusing(error))
        _ = machine.timerFired(now: .ms(2_100))
        #expect(machine.trouble == nil)
    }

    /// One that pings do not see stays for longer than a probe takes to come round, or until something is stored.
    @Test(arguments: ["OOM command not allowed", "NOREPLICAS Not enough good replicas"])
    func errorOfStoring(line: String) {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        let error = RedisError.command(line)
        #expect(machine.replyReceived(.error(line), now: .ms(100)) == .complete("a", .failure(error)))
        for time in stride(from: Int64(500), through: 12_000, by: 500) {
            _ = machine.timerFired(now: .ms(time))
            _ = machine.replyReceived(Self.pong, now: .ms(time + 1))
        }
        #expect(machine.trouble == .refusing(error))
        var storing = machine
        storing.stored(isEvent: false)
        #expect(storing.trouble == nil)
        _ = machine.timerFired(now: .ms(12_500))
        #expect(machine.trouble == nil)
    }

    /// A command that the user may not run is trouble only where who asked says that nothing goes on without it; then
    /// until something is stored.
    @Test func errorOfRights() {
        var machine = self.ready()
        let error = RedisError.command("NOPERM User a has no permissions to run the 'hvals' command")
        guard case .command(let line) = error else { return }
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        #expect(machine.replyReceived(.error(line), now: .ms(100)) == .complete("a", .failure(error)))
        #expect(machine.trouble == nil)
        machine.refused(error, now: .ms(110))
        #expect(machine.trouble == .refusing(error))
        _ = machine.timerFired(now: .ms(3_000))
        #expect(machine.trouble == .refusing(error))
        // That something else may be stored says nothing of events.
        machine.stored(isEvent: false)
        #expect(machine.trouble == .refusing(error))
        machine.stored(isEvent: true)
        #expect(machine.trouble == nil)
        // A ping that it may not send would be refused for ever.
        #expect(machine.replyReceived(.error(line), now: .ms(3_100)) == .ignore)
        #expect(machine.trouble == .refusing(error))
    }

    /// A ping that is answered with an error is trouble, at once from the handshake on.
    @Test func pingRefused() {
        var machine = Machine(configuration: self.configuration)
        let (handshake, commands) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        for _ in commands.dropLast() { _ = machine.replyReceived(Self.ok, now: .ms(0)) }
        #expect(machine.replyReceived(.error("MISCONF Redis is"), now: .ms(0)) == .becomeReady(timer: .ms(500)))
        #expect(machine.trouble == .refusing(.command("MISCONF Redis is")))
        #expect(machine.timerFired(now: .ms(500)) == .ping(timer: .ms(1_000)))
        #expect(machine.replyReceived(.error("BUSY Redis is"), now: .ms(510)) == .ignore)
        #expect(machine.trouble == .refusing(.command("BUSY Redis is")))
    }

    // MARK: Time

    /// A connection that is silent for too long while a command is unanswered is the end: the command fails with a
    /// timeout, and so do all whose time is up, the others because the connection is gone.
    @Test func commandTimeout() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(100))
        #expect(machine.timerFired(now: .ms(500)) == .wait(timer: .ms(1_000)))
        _ = machine.sendRequested("c", bytes: 1, now: .ms(600))
        #expect(machine.timerFired(now: .ms(1_000)) == .wait(timer: .ms(1_100)))
        guard case .close(let closing) = machine.timerFired(now: .ms(1_100)) else {
            Issue.record("it went on")
            return
        }
        #expect(closing.loss.reason == .commandTimeout)
        #expect(
            closing.failures == [
                .init(request: "a", error: .timeout), .init(request: "b", error: .timeout),
                .init(request: "c", error: .unavailable),
            ]
        )
        #expect(machine.sendRequested("d", bytes: 1, now: .ms(1_100)) == .refuse(.unavailable))
    }

    /// A connection that brings bytes is alive, be they of other replies or of half a one.
    @Test func slowReplies() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(100))
        _ = machine.timerFired(now: .ms(500))
        machine.readCompleted(now: .ms(900))
        #expect(machine.timerFired(now: .ms(1_000)) == .wait(timer: .ms(1_500)))
        #expect(machine.replyReceived(Self.ok, now: .ms(1_400)) == .complete("a", .success(Self.ok)))
        machine.readCompleted(now: .ms(1_400))
        for time in stride(from: Int64(1_500), through: 4_000, by: 500) {
            #expect(machine.timerFired(now: .ms(time)) == .wait(timer: .ms(time + 500)))
            machine.readCompleted(now: .ms(time + 400))
        }
        #expect(machine.trouble == nil)
        #expect(machine.replyReceived(Self.ok, now: .ms(4_450)) == .complete("b", .success(Self.ok)))
    }

    /// Bytes that stop coming are the end as if none had come.
    @Test func silenceAfterBytes() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        _ = machine.timerFired(now: .ms(500))
        machine.readCompleted(now: .ms(900))
        _ = machine.timerFired(now: .ms(1_000))
        #expect(machine.timerFired(now: .ms(1_500)) == .wait(timer: .ms(1_900)))
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "a", error: .timeout)]
        )
        #expect(machine.timerFired(now: .ms(1_900)) == .close(closing))
    }

    /// Nobody waits for ever though bytes come: who has waited for long fails alone, and the replies that come still
    /// belong to their commands.
    @Test mutating func waitsNoLonger() {
        self.configuration.slowCommandTimeout = .milliseconds(1_700)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 60, now: .ms(100))
        _ = machine.timerFired(now: .ms(500))
        machine.readCompleted(now: .ms(900))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(900))
        _ = machine.timerFired(now: .ms(1_000))
        machine.readCompleted(now: .ms(1_400))
        #expect(machine.timerFired(now: .ms(1_500)) == .wait(timer: .ms(1_800)))
        #expect(machine.trouble == nil)
        #expect(
            machine.timerFired(now: .ms(1_800))
                == .fail([.init(request: "a", error: .timeout)], timer: .ms(2_000))
        )
        #expect(machine.trouble == .stalled)
        // It is still on its way, and counts.
        #expect(machine.sendRequested("c", bytes: 40, now: .ms(1_900)) == .refuse(.overloaded))
        #expect(machine.replyReceived(.integer(1), now: .ms(2_000)) == .ignore)
        #expect(machine.trouble == nil)
        #expect(machine.replyReceived(.integer(2), now: .ms(2_000)) == .complete("b", .success(.integer(2))))
        #expect(machine.isReady)
    }

    /// Who is patient waits for as long as bytes come; that it takes so long is said, and silence is the end all the
    /// same.
    @Test mutating func patient() {
        self.configuration.slowCommandTimeout = .milliseconds(1_700)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, isPatient: true, now: .ms(100))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(100))
        _ = machine.sendRequested("c", bytes: 1, isPatient: true, now: .ms(200))
        _ = machine.timerFired(now: .ms(500))
        machine.readCompleted(now: .ms(1_000))
        for time in [Int64(1_000), 1_500] { _ = machine.timerFired(now: .ms(time)) }
        #expect(machine.trouble == nil)
        #expect(
            machine.timerFired(now: .ms(1_800))
                == .fail([.init(request: "b", error: .timeout)], timer: .ms(1_900))
        )
        #expect(machine.trouble == .stalled)
        machine.readCompleted(now: .ms(1_900))
        #expect(machine.timerFired(now: .ms(1_900)) == .wait(timer: .ms(2_000)))
        #expect(machine.replyReceived(.integer(1), now: .ms(2_000)) == .complete("a", .success(.integer(1))))
        #expect(machine.replyReceived(.integer(2), now: .ms(2_000)) == .ignore)
        #expect(machine.trouble == .stalled)
        machine.readCompleted(now: .ms(2_000))
        for time in [Int64(2_000), 2_500] { _ = machine.timerFired(now: .ms(time)) }
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "c", error: .timeout)]
        )
        #expect(machine.timerFired(now: .ms(3_000)) == .close(closing))
    }

    /// A connection that closes does not wait for the patient for ever.
    @Test mutating func closesPatient() {
        self.configuration.slowCommandTimeout = .milliseconds(1_000)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, isPatient: true, now: .ms(100))
        #expect(machine.closeRequested() == .ignore)
        machine.readCompleted(now: .ms(900))
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "a", error: .timeout)]
        )
        #expect(machine.timerFired(now: .ms(1_100)) == .close(closing))
    }

    /// A large command has the time that its bytes take to go out; for the small ones behind it silence begins with its
    /// answer.
    @Test mutating func largeCommand() {
        self.configuration.slowCommandTimeout = .milliseconds(3_000)
        self.configuration.leastBytesPerSecond = 20
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 40, now: .ms(100))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(100))
        for time in [Int64(500), 1_000, 1_500] { _ = machine.timerFired(now: .ms(time)) }
        #expect(machine.timerFired(now: .ms(2_000)) == .wait(timer: .ms(2_100)))
        #expect(machine.trouble == nil)
        #expect(machine.replyReceived(Self.ok, now: .ms(2_000)) == .complete("a", .success(Self.ok)))
        machine.readCompleted(now: .ms(2_000))
        #expect(machine.timerFired(now: .ms(2_100)) == .wait(timer: .ms(2_500)))
        #expect(machine.timerFired(now: .ms(2_500)) == .wait(timer: .ms(3_000)))
        #expect(machine.trouble == nil)
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "b", error: .timeout)]
        )
        #expect(machine.timerFired(now: .ms(3_000)) == .close(closing))
    }

    /// Where the timer goes off late the event loop was busy with something else: what is unanswered may not even have
    /// been written, and the silence begins anew.
    @Test func lateTimer() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        #expect(machine.timerFired(now: .ms(1_200)) == .wait(timer: .ms(1_700)))
        #expect(machine.trouble == nil)
        #expect(machine.timerFired(now: .ms(1_700)) == .wait(timer: .ms(2_200)))
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "a", error: .timeout)]
        )
        // That it is a little late is of no account.
        #expect(machine.timerFired(now: .ms(2_210)) == .close(closing))
    }

    /// A large command that has had its time is the end like any other.
    @Test(arguments: [(40, Int64(2_100)), (100, 3_100)])
    mutating func largeCommandTimeout(bytes: Int, end: Int64) {
        self.configuration.slowCommandTimeout = .milliseconds(3_000)
        self.configuration.leastBytesPerSecond = 20
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: bytes, now: .ms(100))
        for time in stride(from: Int64(500), to: end, by: 500) { _ = machine.timerFired(now: .ms(time)) }
        #expect(machine.trouble == nil)
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "a", error: .timeout)]
        )
        #expect(machine.timerFired(now: .ms(end)) == .close(closing))
    }

    /// A dropped reply says nothing of the server that its command's would not have said.
    @Test mutating func droppedRefusal() {
        self.configuration.slowCommandTimeout = .milliseconds(1_000)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        machine.readCompleted(now: .ms(900))
        _ = machine.timerFired(now: .ms(1_100))
        #expect(machine.replyReceived(.error("NOPERM User a has no permissions"), now: .ms(1_200)) == .ignore)
        #expect(machine.trouble == nil)
    }

    /// While it closes, a reply that nobody waits for any more is not waited for.
    @Test mutating func closesOverdue() {
        self.configuration.slowCommandTimeout = .milliseconds(1_000)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(200))
        #expect(machine.closeRequested() == .ignore)
        machine.readCompleted(now: .ms(900))
        let closing = Machine.Closing(
            loss: RedisLoss(.commandTimeout),
            failures: [.init(request: "a", error: .timeout), .init(request: "b", error: .unavailable)]
        )
        #expect(machine.timerFired(now: .ms(1_100)) == .close(closing))
    }

    /// A deadline before the next ping sets the timer anew, and only then.
    @Test mutating func shortDeadline() {
        self.configuration.commandTimeout = .milliseconds(100)
        var machine = self.ready()
        #expect(machine.sendRequested("a", bytes: 1, now: .ms(10)) == .write(timer: .ms(110)))
        #expect(machine.sendRequested("b", bytes: 1, now: .ms(20)) == .write(timer: nil))
        #expect(machine.replyReceived(Self.ok, now: .ms(30)) == .complete("a", .success(Self.ok)))
        #expect(machine.timerFired(now: .ms(110)) == .wait(timer: .ms(120)))
        #expect(machine.replyReceived(Self.ok, now: .ms(115)) == .complete("b", .success(Self.ok)))
        #expect(machine.timerFired(now: .ms(120)) == .wait(timer: .ms(500)))
    }

    /// A connection with nothing to do is pinged; a ping that is not answered in time is the end.
    @Test func pings() {
        var machine = self.ready()
        #expect(machine.timerFired(now: .ms(500)) == .ping(timer: .ms(1_000)))
        #expect(machine.replyReceived(Self.pong, now: .ms(501)) == .ignore)
        #expect(machine.timerFired(now: .ms(1_000)) == .ping(timer: .ms(1_500)))
        #expect(machine.timerFired(now: .ms(1_500)) == .wait(timer: .ms(2_000)))
        #expect(machine.timerFired(now: .ms(2_000)) == .close(.init(loss: RedisLoss(.pingTimeout), failures: [])))
    }

    /// A connection that waits for replies anyway is not pinged.
    @Test func noPingWhileBusy() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(400))
        #expect(machine.timerFired(now: .ms(500)) == .wait(timer: .ms(1_000)))
        #expect(machine.replyReceived(Self.ok, now: .ms(900)) == .complete("a", .success(Self.ok)))
        #expect(machine.timerFired(now: .ms(1_000)) == .ping(timer: .ms(1_500)))
    }

    /// With patient commands a hanging server is noticed before they fail, and so is its return.
    @Test mutating func stalls() {
        self.configuration.commandTimeout = .milliseconds(5_000)
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(100))
        #expect(machine.timerFired(now: .ms(500)) == .wait(timer: .ms(1_000)))
        #expect(machine.timerFired(now: .ms(1_000)) == .wait(timer: .ms(1_500)))
        #expect(machine.trouble == nil)
        #expect(machine.timerFired(now: .ms(1_500)) == .wait(timer: .ms(2_000)))
        #expect(machine.trouble == .stalled)
        #expect(machine.replyReceived(Self.ok, now: .ms(1_700)) == .complete("a", .success(Self.ok)))
        #expect(machine.trouble == nil)
    }

    // MARK: The end

    /// A peer that closes fails what waits, once.
    @Test func peerCloses() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        let closing = Machine.Closing(
            loss: RedisLoss(.peerClosed),
            failures: [.init(request: "a", error: .unavailable)]
        )
        #expect(machine.connectionLost(RedisLoss(.peerClosed)) == .close(closing))
        #expect(machine.connectionLost(RedisLoss(.transportFailed)) == .ignore)
        #expect(machine.closeRequested() == .ignore)
    }

    /// Closing waits for what is under way, and takes nothing new.
    @Test func closesGracefully() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        _ = machine.sendRequested("b", bytes: 1, now: .ms(0))
        #expect(machine.closeRequested() == .ignore)
        #expect(machine.closeRequested() == .ignore)
        #expect(machine.sendRequested("c", bytes: 1, now: .ms(1)) == .refuse(.closed))
        #expect(machine.replyReceived(Self.ok, now: .ms(2)) == .complete("a", .success(Self.ok)))
        #expect(
            machine.replyReceived(Self.ok, now: .ms(3))
                == .completeAndClose("b", .success(Self.ok), .init(loss: RedisLoss(.shutdown), failures: []))
        )
    }

    /// With nothing under way it closes at once; a ping's reply is not worth waiting for any longer than its time.
    @Test func closesAtOnce() {
        var machine = self.ready()
        #expect(machine.closeRequested() == .close(.init(loss: RedisLoss(.shutdown), failures: [])))
        var pinging = self.ready()
        #expect(pinging.timerFired(now: .ms(500)) == .ping(timer: .ms(1_000)))
        #expect(pinging.closeRequested() == .ignore)
        #expect(
            pinging.replyReceived(Self.pong, now: .ms(510)) == .close(.init(loss: RedisLoss(.shutdown), failures: []))
        )
    }

    /// Who waits while we close, and gets no reply, is told that we closed.
    @Test func lostWhileClosing() {
        var machine = self.ready()
        _ = machine.sendRequested("a", bytes: 1, now: .ms(0))
        _ = machine.closeRequested()
        guard case .close(let closing) = machine.connectionLost(RedisLoss(.peerClosed)) else {
            Issue.record("it went on")
            return
        }
        #expect(closing.failures == [.init(request: "a", error: .closed)])
        #expect(closing.loss.reason == .shutdown)
    }
}
