// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Commands on a real server.
@Suite struct RedisNodeTests {
    /// Many commands are under way at once, from many threads, and each gets its own reply on the event loop it named.
    @Test func pipelining() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            let replies = try await withThrowingTaskGroup(of: (Int, RESPValue, Bool).self) { group in
                for number in 0..<5_000 {
                    let eventLoop = bed.eventLoops[number % 2]
                    let command = RESPCommand("ECHO", .integer(number))
                    let future = bed.node.send(command, on: eventLoop).map { ($0, eventLoop.inEventLoop) }
                    group.addTask {
                        let (value, isOnItsLoop) = try await future.get()
                        return (number, value, isOnItsLoop)
                    }
                }
                return try await group.reduce(into: [(Int, RESPValue, Bool)]()) { $0.append($1) }
            }
            #expect(replies.count == 5_000)
            #expect(replies.allSatisfy { $0.1 == .bulk(ByteBuffer(string: "\($0.0)")) && $0.2 })
        }
    }

    /// Every event loop has a connection of its own, with a name that operators see; a stranger's is served too.
    @Test func oneConnectionAnEventLoop() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(.patient(server.url) { $0.clientName = "node" }) { bed in
            try await bed.ready()
            let ids = try await [0, 1, 0, 1].asyncMap { index in
                try await bed.node.send(RESPCommand("CLIENT", "ID"), on: bed.eventLoops[index]).get()
            }
            #expect(ids[0] == ids[2] && ids[1] == ids[3] && ids[0] != ids[1])
            let list = try server.command("CLIENT", "LIST")
            #expect(list.components(separatedBy: "name=node-commands ").count == 3)
            #expect(list.components(separatedBy: "name=node-subscriptions ").count == 2)
            try await RedisTestBed.with(server.url) { other in
                let eventLoop = other.eventLoops[0]
                let reply = try await bed.node.send(RESPCommand("PING"), on: eventLoop).get()
                #expect(reply == .simpleString("PONG"))
            }
        }
    }

    /// An error reply fails its command only, with the whole line.
    @Test func errorReplies() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            await #expect(throws: RedisError.command("NOSCRIPT No matching script. Please use EVAL.")) {
                try await bed.send("EVALSHA", "0000000000000000000000000000000000000000", "0")
            }
            #expect(try await bed.send("PING") == .simpleString("PONG"))
        }
    }

    /// Large commands and replies go through in one piece.
    @Test func large() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            let body = ByteBuffer(repeating: 0xA5, count: 20 << 20)
            #expect(try await bed.send("SET", "large", .buffer(body)) == .simpleString("OK"))
            #expect(try await bed.send("GET", "large") == .bulk(body))
        }
    }

    /// Too much under way is refused, and what is under way goes on.
    @Test func overload() async throws {
        let server = try await RedisServer.start()
        let configuration = try RedisConfiguration.patient(server.url) {
            $0.maximumPendingCommands = 10
            $0.pingInterval = .seconds(60)
        }
        try await RedisTestBed.with(configuration) { bed in
            try await bed.ready()
            let client = bed.node
            let eventLoop = bed.eventLoops[0]
            let futures = try await eventLoop.submit {
                (0..<20).map { client.send(RESPCommand("ECHO", .integer($0)), on: eventLoop) }
            }.get()
            var outcomes: [String] = []
            for future in futures {
                do {
                    _ = try await future.get()
                    outcomes.append("reply")
                } catch {
                    outcomes.append((error as? BrokerError)?.rawValue ?? "\(error)")
                }
            }
            #expect(outcomes == Array(repeating: "reply", count: 10) + Array(repeating: "overloaded", count: 10))
            #expect(try await bed.send("PING") == .simpleString("PONG"))
        }
    }

    // MARK: Ways to connect

    /// A password, an ACL user and a database, as the URL has them.
    @Test func credentialsAndDatabase() async throws {
        let server = try await RedisServer.start(.init(password: "p@ss/word"))
        try server.command("ACL", "SETUSER", "hook", "on", ">s%cret", "~*", "&*", "+@all")
        let port = server.port
        try await RedisTestBed.with("redis://:p%40ss%2Fword@127.0.0.1:\(port)/3") { bed in
            try await bed.ready()
            #expect(try await bed.send("ACL", "WHOAMI") == .bulk(ByteBuffer(string: "default")))
            #expect(try server.command("CLIENT", "LIST").contains("db=3 "))
        }
        try await RedisTestBed.with("redis://hook:s%25cret@localhost:\(port)") { bed in
            try await bed.ready()
            #expect(try await bed.send("ACL", "WHOAMI") == .bulk(ByteBuffer(string: "hook")))
        }
    }

    /// A wrong password, a missing one and a database that is not there are said, without the password.
    @Test(arguments: [
        (":hunter2@", "", "refuses the user or the password"), ("", "", "refuses the user or the password"),
        (":right@", "/99", "refuses the database"),
    ])
    func refused(credentials: String, path: String, sentence: String) async throws {
        let server = try await RedisServer.start(.init(password: "right"))
        try await RedisTestBed.with("redis://\(credentials)127.0.0.1:\(server.port)\(path)") { bed in
            try await until("the refusal shows") { bed.node.sentences.contains { $0.contains(sentence) } }
            #expect(await bed.failure("PING") == .unavailable)
            #expect(!bed.node.sentences.joined().contains("hunter2"))
        }
    }

    /// A Unix domain socket.
    @Test func unixSocket() async throws {
        let server = try await RedisServer.start(.init(password: "p"))
        try await RedisTestBed.with("unix://:p@\(server.socketPath)?db=2") { bed in
            try await bed.ready()
            #expect(try await bed.send("SET", "a", "b") == .simpleString("OK"))
        }
    }

    /// TLS, with the certificate verified, for a name and for an address.
    @Test func tls() async throws {
        for (name, host) in [(nil, "localhost"), (nil, "127.0.0.1"), ("localhost", "localhost")] {
            let files = try TestCertificates(name: name)
            let server = try await RedisServer.start(.init(password: "p", tls: files.tls))
            let url = "rediss://:p@\(host):\(server.port)?ca=\(files.authorities)"
            try await RedisTestBed.with(url) { bed in
                try await bed.ready()
                #expect(try await bed.send("PING") == .simpleString("PONG"))
            }
        }
    }

    /// A certificate that nobody whom we trust has signed, or of another name, is refused. A server without TLS says
    /// nothing at all.
    @Test func tlsRefused() async throws {
        let files = try TestCertificates()
        let stranger = try TestCertificates()
        let foreign = try TestCertificates(name: "redis.example.org")
        let plain = try await RedisServer.start()
        let server = try await RedisServer.start(.init(tls: files.tls))
        let named = try await RedisServer.start(.init(tls: foreign.tls))
        for (port, authorities, sentence) in [
            (server.port, stranger.authorities, "The connection to Redis broke"),
            (named.port, foreign.authorities, "The connection to Redis broke"),
            (plain.port, files.authorities, "does not answer"),
        ] {
            try await RedisTestBed.with(.real("rediss://localhost:\(port)?ca=\(authorities)")) { bed in
                try await until("the refusal shows") {
                    bed.node.sentences.contains { $0.contains(sentence) }
                }
                #expect(await bed.failure("PING") == .unavailable)
            }
        }
    }

    // MARK: The beginning and the end

    /// Commands that are sent while the very first connection is being made wait for it.
    @Test func firstCommandsWait() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            let reply = try await bed.send("PING")
            #expect(reply == .simpleString("PONG"))
        }
    }

    /// Where nobody listens, commands fail at once, also the first ones.
    @Test(arguments: ["redis://127.0.0.1:1", "rediss://127.0.0.1:1", "unix:///nonexistent/redis.sock"])
    func nobodyListens(url: String) async throws {
        try await RedisTestBed.with(url) { bed in
            #expect(await bed.failure("PING") == .unavailable)
            try await until("the loss shows") {
                bed.node.sentences.allSatisfy { $0.contains("cannot be connected") }
            }
            #expect(await bed.failure("PING") == .unavailable)
        }
    }

    /// Nothing is kept for later: what fails for want of a server is not sent when there is one.
    @Test func nothingIsKept() async throws {
        let server = try await RedisServer.start()
        try server.stop()
        try await RedisTestBed.with(server.url) { bed in
            try await until("the loss shows") {
                bed.node.sentences.allSatisfy { $0.contains("cannot be connected") }
            }
            let early = bed.node.send(RESPCommand("INCR", "a"), on: bed.eventLoops[0])
            try await server.start()
            await #expect(throws: BrokerError.unavailable) { try await early.get() }
            try await bed.ready()
            let reply = try await bed.send("INCR", "a")
            #expect(reply == .integer(1))
        }
    }

    /// A server that has no room for another client says so before it closes, and we repeat it.
    @Test(arguments: [nil, "p"]) func noRoom(password: String?) async throws {
        let server = try await RedisServer.start(.init(password: password))
        try server.command("CONFIG", "SET", "maxclients", "1")
        try await RedisTestBed.with(server.url) { bed in
            try await until("the refusal shows") {
                bed.node.sentences.contains { $0.contains("max number of clients reached") }
            }
        }
    }

    /// A client that was never started, and one that was shut down, answer every command.
    @Test func notStartedAndShutDown() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(.patient(server.url) { $0.commandTimeout = .milliseconds(50) }, start: false) {
            bed in
            #expect(await bed.failure("PING") == .unavailable)
            #expect(bed.node.commandHealth != .ready)
            await bed.node.shutdown()
            #expect(await bed.failure("PING") == .closed)
            bed.node.start()
            #expect(await bed.failure("PING") == .closed)
            await bed.node.shutdown()
        }
    }

    /// A shutdown lets what is under way finish, and leaves no connection behind.
    @Test func shutdown() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            let futures = (0..<100).map { bed.node.send(RESPCommand("ECHO", .integer($0)), on: bed.eventLoops[0]) }
            await bed.node.shutdown()
            for (number, future) in futures.enumerated() {
                #expect(try await future.get() == .bulk(ByteBuffer(string: "\(number)")))
            }
            #expect(await bed.failure("PING") == .closed)
            #expect(bed.node.commandHealth != .ready)
            #expect(bed.node.subscriptionHealth != .ready)
            try await until("the server sees no connection of ours") {
                try !server.command("CLIENT", "LIST").contains("name=hookwire")
            }
        }
    }
}

extension RedisNode {
    /// Why there are no connections.
    var sentences: [String] {
        [self.commandHealth, self.subscriptionHealth].compactMap { health in
            if case .unavailable(let sentence) = health { sentence } else { nil }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
