// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Subscriptions on a real server.
@Suite struct RedisSubscriptionTests {
    /// Messages come with their bytes, in order, on the channels that were asked for, and no more after the end.
    @Test func messages() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            bed.node.subscribe(["a", "b"])
            try await until("the channels are on") { bed.listener.told.count == 2 }
            for number in 0..<100 {
                let reply = try await bed.send("PUBLISH", number % 2 == 0 ? "a" : "b", .integer(number))
                #expect(reply == .integer(1))
            }
            #expect(try await bed.send("PUBLISH", "c", "x") == .integer(0))
            try await until("the messages are here") { bed.listener.told.count == 102 }
            let expected = (0..<100).map { "message \($0 % 2 == 0 ? "a" : "b") \($0)" }
            #expect(Array(bed.listener.told.dropFirst(2)) == expected)
            bed.node.unsubscribe(["a"])
            try await until("the channel is off") { try server.command("PUBSUB", "NUMSUB", "a") == "a\n0" }
            #expect(try await bed.send("PUBLISH", "b", "last") == .integer(1))
            try await until("the last message is here") { bed.listener.told.last == "message b last" }
        }
    }

    /// Thousands of channels are subscribed in batches, and again after a lost connection; the health is green when all
    /// of them are on.
    @Test func manyChannels() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(.patient(server.url) { $0.subscriptionBatch = 100 }) { bed in
            let channels = (0..<5_000).map { "hw:{\($0 % 128)}:channel-\($0)" }
            bed.node.subscribe(Array(channels.prefix(2_500)))
            for channel in channels.suffix(2_500) { bed.node.subscribe([channel]) }
            try await until("the channels are on") { bed.listener.told.count == 5_000 }
            #expect(Set(bed.listener.told) == Set(channels.map { "subscribed \($0)" }))
            bed.node.unsubscribe(Array(channels.prefix(1_000)))
            try server.command("CLIENT", "KILL", "TYPE", "pubsub")
            try await until("the channels are on again") { bed.listener.told.count >= 9_001 }
            try await until("the health is green") { bed.node.subscriptionHealth == .ready }
            #expect(bed.listener.told.count == 9_001)
            #expect(bed.listener.told[5_000].hasPrefix("lost "))
            #expect(Set(bed.listener.told.suffix(4_000)) == Set(channels.suffix(4_000).map { "subscribed \($0)" }))
            let count = try server.command("PUBSUB", "CHANNELS", "hw:*").split(separator: "\n").count
            #expect(count == 4_000)
        }
    }

    /// A connection that seems deaf is given up on request, and everything is confirmed again.
    @Test func reconnectOnRequest() async throws {
        let server = try await RedisServer.start()
        try await RedisTestBed.with(server.url) { bed in
            bed.node.subscribe(["a"])
            try await until("the channel is on") { bed.listener.told == ["subscribed a"] }
            bed.node.reconnectSubscriptions(reason: "no probe came back")
            try await until("the channel is on again") {
                bed.listener.told == ["subscribed a", "lost deaf", "subscribed a"]
            }
            try await until("the health is green") { bed.node.subscriptionHealth == .ready }
            // A second start changes nothing, not even who is told.
            bed.node.start()
            #expect(try await bed.send("PUBLISH", "a", "hi") == .integer(1))
            try await until("the message is here") { bed.listener.told.last == "message a hi" }
            #expect(bed.node.subscriptionHealth == .ready)
        }
    }

    /// A subscriber that Redis drops because it cannot keep up comes back.
    @Test func outputBufferLimit() async throws {
        let server = try await RedisServer.start(
            .init(arguments: ["--client-output-buffer-limit", "pubsub 64kb 0 0"])
        )
        try await RedisTestBed.with(server.url) { bed in
            bed.node.subscribe(["a"])
            try await until("the channel is on") { bed.listener.told == ["subscribed a"] }
            let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
            _ = try? await bed.send("PUBLISH", "a", .buffer(body))
            try await until("the channel is on again") { bed.listener.count(of: "subscribed") == 2 }
            #expect(bed.listener.count(of: "lost") == 1)
        }
    }

    /// A channel that the user may not have is said in the health, and is on when the user may.
    @Test func deniedChannel() async throws {
        let server = try await RedisServer.start()
        try server.command("ACL", "SETUSER", "hook", "on", ">p", "~*", "resetchannels", "&b", "+@all")
        try await RedisTestBed.with("redis://hook:p@127.0.0.1:\(server.port)") { bed in
            bed.node.subscribe(["a"])
            try await until("the refusal shows") { bed.node.sentences.contains { $0.contains("permissions") } }
            #expect(bed.node.commandHealth == .ready)
            try server.command("ACL", "SETUSER", "hook", "allchannels")
            try await until("the channel is on") { bed.listener.told.last == "subscribed a" }
            try await until("the health is green") { bed.node.subscriptionHealth == .ready }
        }
    }

    /// What is asked for before the start, and while there is no server, is done when there is one.
    @Test func askedForEarly() async throws {
        let server = try await RedisServer.start()
        try server.stop()
        try await RedisTestBed.with(server.url, start: false) { bed in
            bed.node.subscribe(["a"])
            bed.node.start()
            try await until("the loss shows") { bed.node.sentences.contains { $0.contains("cannot") } }
            bed.node.subscribe(["b"])
            try await server.start()
            try await until("the channels are on") { bed.listener.told.count == 2 }
            #expect(Set(bed.listener.told) == ["subscribed a", "subscribed b"])
        }
    }
}
