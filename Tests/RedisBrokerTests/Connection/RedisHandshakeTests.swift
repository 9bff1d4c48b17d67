// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// The first commands of a connection.
@Suite struct RedisHandshakeTests {
    private static let ok = RESPValue.simpleString("OK")
    private static let pong = RESPValue.simpleString("PONG")
    private static let primary = RESPValue.array([.bulk(ByteBuffer(string: "master")), .integer(0), .array([])])

    private func start(
        user: String? = nil,
        password: String? = nil,
        database: Int = 0
    ) -> (handshake: RedisHandshake, sent: [String]) {
        let credentials = password.map { RedisCredentials(user: user, password: Secret($0)) }
        let (handshake, commands) = RedisHandshake.start(
            credentials: credentials,
            database: database,
            clientName: "hookwire-commands"
        )
        let sent = commands.map { command in
            var output = ByteBuffer()
            RESPWriter.write(command, into: &output)
            let lines = String(buffer: output).split(separator: "\r\n")
            return lines.filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }.joined(separator: " ")
        }
        return (handshake, sent)
    }

    /// Only what the URL asks for is sent.
    @Test func commands() {
        let always = ["CLIENT SETNAME hookwire-commands", "ROLE", "PING"]
        #expect(self.start().sent == always)
        #expect(self.start(password: "p").sent == ["AUTH p"] + always)
        #expect(self.start(user: "u", password: "p").sent == ["AUTH u p"] + always)
        #expect(self.start(user: "u", password: "p", database: 3).sent == ["AUTH u p", "SELECT 3"] + always)
    }

    /// It is over with the last reply, not before.
    @Test func everyReplyIsAwaited() {
        var (handshake, _) = self.start(password: "p", database: 3)
        for reply in [Self.ok, Self.ok, Self.ok, Self.primary] {
            #expect(handshake.replyReceived(reply) == .wait)
        }
        #expect(handshake.replyReceived(Self.pong) == .finish)
        #expect(handshake.replyReceived(Self.pong) == .fail(RedisLoss(.unexpectedReply)))
    }

    /// What a refusal means depends on what was refused.
    @Test(arguments: [
        (0, "WRONGPASS invalid username-password pair or user is disabled.", RedisLossReason.authenticationFailed),
        (0, "ERR Client sent AUTH, but no password is set", .authenticationFailed),
        (0, "ERR max number of clients reached", .handshakeRefused),
        (1, "NOAUTH Authentication required.", .authenticationFailed),
        (1, "ERR DB index is out of range", .databaseRefused),
        (1, "LOADING Redis is loading the dataset in memory", .loading),
        (2, "ERR unknown command", nil),
        (2, "NOPERM this user has no permissions", nil),
        (2, "NOAUTH Authentication required.", .authenticationFailed),
        (3, "NOPERM this user has no permissions to run the 'role' command", nil),
        (4, "LOADING Redis is loading the dataset in memory", .loading),
        (4, "MASTERDOWN Link with MASTER is down", .notPrimary),
        (4, "MISCONF Redis is configured to save RDB snapshots", nil),
        (4, "ERR max number of clients reached", .handshakeRefused),
    ])
    func refusals(step: Int, line: String, reason: RedisLossReason?) {
        var (handshake, _) = self.start(password: "p", database: 3)
        for _ in 0..<step { #expect(handshake.replyReceived(Self.ok) == .wait) }
        switch handshake.replyReceived(.error(line)) {
        case .fail(let loss): #expect(loss.reason == reason)
        case .wait: #expect(reason == nil && step < 4)
        case .finish: #expect(reason == nil && step == 4)
        }
    }

    /// A replica takes no writes: the URL must lead to a primary.
    @Test func aReplicaIsLeft() {
        var (handshake, _) = self.start()
        _ = handshake.replyReceived(Self.ok)
        let replica = RESPValue.array([.bulk(ByteBuffer(string: "slave")), .bulk(ByteBuffer(string: "10.0.0.1"))])
        #expect(handshake.replyReceived(replica) == .fail(RedisLoss(.notPrimary)))
    }

    /// A server that does not know AUTH repeats the password in its error; we do not.
    @Test func anEchoedPasswordIsNotShown() {
        var (handshake, _) = self.start(password: "hunter2")
        let line = "ERR unknown command `AUTH`, with args beginning with: `hunter2`, "
        guard case .fail(let loss) = handshake.replyReceived(.error(line)) else {
            Issue.record("it went on")
            return
        }
        #expect(!"\(loss)".contains("hunter2"))
    }

    /// Why a server closes in the handshake is said where it can be known.
    @Test func explanations() {
        var (handshake, _) = self.start()
        #expect("\(handshake.explained(RedisLoss(.peerClosed)))".contains("is TLS on"))
        #expect(handshake.explained(RedisLoss(.transportFailed)) == RedisLoss(.transportFailed))
        #expect(handshake.replyReceived(.error("DENIED Redis is running in protected mode")) == .wait)
        #expect(handshake.explained(RedisLoss(.peerClosed)).reason == .handshakeRefused)
        #expect("\(handshake.explained(RedisLoss(.peerClosed)))".contains("protected mode"))
    }
}
