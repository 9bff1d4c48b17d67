// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// What happens when a real server goes away, hangs or refuses, and comes back.
@Suite struct RedisRecoveryTests {
    /// A server that is killed is noticed at once; commands fail at once until it is back, and then work.
    @Test func killedAndRestarted() async throws {
        let server = try await RedisServer.start(.init(appendOnly: true))
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            #expect(try await bed.send("SET", "kept", "1") == .simpleString("OK"))
            for _ in 0..<3 {
                try server.kill()
                try await until("the loss shows") {
                    bed.node.commandHealth != .ready && bed.node.subscriptionHealth != .ready
                }
                #expect(await bed.failure("PING") == .unavailable)
                try await server.start()
                try await bed.ready()
                #expect(try await bed.send("GET", "kept") == .bulk(ByteBuffer(string: "1")))
            }
        }
    }

    /// Connections that an operator kills come back by themselves, each of its kind.
    @Test func killedConnections() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            bed.node.subscribe(["a"])
            try await until("the channel is on") { bed.listener.told == ["subscribed a"] }
            #expect(try server.command("CLIENT", "KILL", "TYPE", "pubsub") == "1")
            try await until("the channel is on again") {
                bed.listener.told == ["subscribed a", "lost peer_closed", "subscribed a"]
            }
            let before = try await bed.send("CLIENT", "ID")
            #expect(try server.command("CLIENT", "KILL", "TYPE", "normal") != "0")
            try await until("another connection answers") {
                guard let now = try? await bed.send("CLIENT", "ID") else { return false }
                return now != before
            }
            #expect(bed.listener.told.count == 3)
        }
    }

    /// With one of two connections gone, the other serves both event loops.
    @Test func anotherConnectionStandsIn() async throws {
        let server = try await RedisServer.start()
        let configuration = try RedisConfiguration.patient(server.url) {
            $0.firstBackoff = .seconds(60)
            $0.maximumBackoff = .seconds(60)
        }
        try await RedisTestBed.with(configuration) { bed in
            try await bed.ready()
            guard case .integer(let id) = try await bed.send("CLIENT", "ID") else { return }
            try server.command("CLIENT", "KILL", "ID", "\(id)")
            try await until("the loss shows") { bed.node.connectedCommandConnections == 1 }
            #expect(try await bed.send("PING") == .simpleString("PONG"))
            #expect(bed.node.commandHealth == .ready)
        }
    }

    /// A server that pauses fails commands in time and turns the health red; afterwards both recover by themselves.
    @Test func paused() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(.real(server.url)) { bed in
            try await bed.ready()
            // Much longer than the deadlines, which a busy machine keeps late.
            try server.command("CLIENT", "PAUSE", "10000", "ALL")
            #expect(await bed.failure("SET", "a", "b") == .timeout)
            try await until("the health is red") { bed.node.commandHealth != .ready }
            #expect(await bed.failure("SET", "a", "b") == .unavailable)
            try await bed.ready()
            #expect(try await bed.send("SET", "a", "b") == .simpleString("OK"))
        }
    }

    /// A server that hangs, with its connections open, is found by pings alone on all connections.
    @Test func hanging() async throws {
        let server = try await RedisServer.start()
        let configuration = try RedisConfiguration.real(server.url) {
            $0.keepAliveInterval = .milliseconds(100)
            $0.keepAliveTimeout = .milliseconds(500)
        }
        try await RedisTestBed.with(configuration) { bed in
            try await bed.ready()
            let began = ContinuousClock.now
            server.suspend()
            try await until("the health is red") {
                bed.node.commandHealth != .ready && bed.node.subscriptionHealth != .ready
            }
            print("RedisRecoveryTests.hanging: red after \(ContinuousClock.now - began)")
            #expect(await bed.failure("PING") == .unavailable)
            server.resume()
            try await bed.ready()
            #expect(try await bed.send("PING") == .simpleString("PONG"))
        }
    }

    /// A server without memory refuses to write: the health says so though pings are answered, and recovers.
    @Test func outOfMemory() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            try server.command("CONFIG", "SET", "maxmemory", "1")
            let set = RESPCommand("SET", "a", "b")
            await #expect(throws: RedisError.self) { try await bed.node.send(set, on: bed.eventLoops[0]).get() }
            try await until("the reason shows") {
                _ = try? await bed.node.send(set, on: bed.eventLoops[0]).get()
                return bed.node.sentences.contains { $0.contains("OOM") }
            }
            try server.command("CONFIG", "SET", "maxmemory", "0")
            try await bed.ready()
            #expect(try await bed.send("SET", "a", "b") == .simpleString("OK"))
        }
    }

    /// A primary that becomes a replica is left; it is taken again when it is a primary again.
    @Test func becomesAReplica() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            try await bed.ready()
            try server.command("REPLICAOF", "127.0.0.1", "1")
            await #expect(throws: RedisError.self) { try await bed.send("SET", "a", "b") }
            await #expect(throws: (any Error).self) {
                try await bed.node.send(RESPCommand("SET", "a", "b"), on: bed.eventLoops[1]).get()
            }
            try await until("the reason shows") { bed.node.sentences.contains { $0.contains("replica") } }
            try server.command("REPLICAOF", "NO", "ONE")
            try await bed.ready()
            #expect(try await bed.send("SET", "a", "b") == .simpleString("OK"))
        }
    }
}
