// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Testing

@testable import RedisBroker

private typealias Machine = RedisSubscriptionStateMachine

/// A subscription connection to a node of a cluster, as scripts. The channels of these tests lie in the slot that their tag
/// in braces says.
@Suite struct ShardSubscriptionTests {
    private static let ok = RESPValue.simpleString("OK")
    private static let shard = ClusterEndpoint(host: "h", port: 1)

    private static func push(_ kind: String, _ channel: String, _ count: Int = 1) -> RESPValue {
        .array([.bulk(ByteBuffer(string: kind)), .bulk(ByteBuffer(string: channel)), .integer(count)])
    }

    /// A machine that is ready.
    private func ready(_ channels: [String] = [], batch: Int = 512) -> Machine {
        var machine = Machine(
            configuration: .init(
                handshakeTimeout: .milliseconds(2_000),
                pingInterval: .milliseconds(15_000),
                pingTimeout: .milliseconds(2_000),
                batch: batch,
                shard: Self.shard
            ),
            channels: channels
        )
        let (handshake, commands) = RedisHandshake.start(credentials: nil, database: 0, clientName: "test")
        _ = machine.connected(handshake, now: .ms(0))
        for _ in commands.dropLast() { #expect(machine.replyReceived(Self.ok, now: .ms(0)) == .ignore) }
        _ = machine.replyReceived(.simpleString("PONG"), now: .ms(0))
        machine.readCompleted(now: .ms(0))
        return machine
    }

    /// A machine that has subscribed channels of one slot.
    private func subscribed(_ channels: [String]) -> Machine {
        var machine = self.ready(channels)
        #expect(self.words(machine.flush(now: .ms(1))) == ["SSUBSCRIBE " + channels.joined(separator: " ")])
        for channel in channels {
            #expect(machine.replyReceived(Self.push("ssubscribe", channel), now: .ms(2)) == .subscribed(channel))
        }
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

    private func moved(_ tag: String) -> RESPValue { .error("MOVED \(HashSlot.of(tag.utf8)) other:2") }

    /// No command has channels of two slots, and a slot's channels go together in batches.
    @Test func bySlot() {
        var machine = self.ready(["{a}1", "{b}1", "{a}2", "{a}3", "{b}2"], batch: 2)
        #expect(
            self.words(machine.flush(now: .ms(1))) == [
                "SSUBSCRIBE {a}1 {a}2", "SSUBSCRIBE {a}3", "SSUBSCRIBE {b}1 {b}2",
            ]
        )
        for channel in ["{a}1", "{a}2", "{a}3", "{b}1", "{b}2"] {
            #expect(!machine.isRestored)
            #expect(machine.replyReceived(Self.push("ssubscribe", channel), now: .ms(2)) == .subscribed(channel))
        }
        #expect(machine.isRestored)
        #expect(
            machine.replyReceived(
                .array([.bulk(.init(string: "smessage")), .bulk(.init(string: "{a}1")), .bulk(.init(string: "x"))]),
                now: .ms(3)
            ) == .message(channel: "{a}1", payload: ByteBuffer(string: "x"))
        )
        _ = machine.unsubscribe(["{a}1", "{b}1"])
        #expect(self.words(machine.flush(now: .ms(4))) == ["SUNSUBSCRIBE {a}1", "SUNSUBSCRIBE {b}1"])
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}1"), now: .ms(5)) == .ignore)
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{b}1"), now: .ms(5)) == .ignore)
    }

    /// All channels of ten thousand bots take a command for each of the 128 partitions, while a batch has room.
    @Test func byPartition() {
        let channels = (0..<10_000).map { "hw:{\($0 % 128)}:\($0)" }
        var machine = self.ready(channels)
        #expect(machine.flush(now: .ms(1)).commands.count == 128)
    }

    /// An answer that says where the slot is drops the channels of its command, and of no other.
    @Test func moved() {
        var machine = self.ready(["{a}1", "{a}2", "{b}1"])
        _ = machine.flush(now: .ms(1))
        let owner = ClusterEndpoint(host: "other", port: 2)
        #expect(
            machine.replyReceived(self.moved("a"), now: .ms(2))
                == .dropped(["{a}1", "{a}2"], .moved(HashSlot.of("a".utf8), owner))
        )
        #expect(!machine.isRestored)
        #expect(machine.replyReceived(Self.push("ssubscribe", "{b}1"), now: .ms(2)) == .subscribed("{b}1"))
        #expect(machine.isRestored)
        // They are not wanted here any more, until they are asked for again.
        #expect(self.words(machine.flush(now: .ms(3))) == [])
        _ = machine.subscribe(["{a}1"])
        #expect(self.words(machine.flush(now: .ms(4))) == ["SSUBSCRIBE {a}1"])
    }

    /// A slot that is not served at present drops its channels with that reason.
    @Test func down() {
        var machine = self.ready(["{a}1"])
        _ = machine.flush(now: .ms(1))
        #expect(
            machine.replyReceived(.error("CLUSTERDOWN The cluster is down"), now: .ms(2))
                == .dropped(["{a}1"], .refused(HashSlot.of("a".utf8)))
        )
    }

    /// What a node that loses a slot unsubscribes by itself is dropped; it is no breach of the protocol.
    @Test func gone() {
        var machine = self.subscribed(["{a}1", "{a}2"])
        let gone = ShardDrop.gone(HashSlot.of("a".utf8))
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}1", 1), now: .ms(3)) == .dropped(["{a}1"], gone))
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}2", 0), now: .ms(3)) == .dropped(["{a}2"], gone))
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}2", 0), now: .ms(3)) == .ignore)
        #expect(!machine.isClosed)
        #expect(self.words(machine.flush(now: .ms(4))) == [])
    }

    /// An unsubscription that crosses the loss of its slot has two answers, of which the second is passed over.
    @Test func crossing() {
        var machine = self.subscribed(["{a}1"])
        _ = machine.unsubscribe(["{a}1"])
        #expect(self.words(machine.flush(now: .ms(3))) == ["SUNSUBSCRIBE {a}1"])
        _ = machine.subscribe(["{b}1"])
        _ = machine.flush(now: .ms(3))
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}1", 0), now: .ms(4)) == .ignore)
        #expect(machine.replyReceived(self.moved("a"), now: .ms(4)) == .ignore)
        #expect(machine.replyReceived(Self.push("ssubscribe", "{b}1"), now: .ms(4)) == .subscribed("{b}1"))
    }

    /// A subscription that crosses it is dropped by its own answer.
    @Test func again() {
        var machine = self.subscribed(["{a}1"])
        _ = machine.unsubscribe(["{a}1"])
        _ = machine.flush(now: .ms(3))
        _ = machine.subscribe(["{a}1"])
        _ = machine.flush(now: .ms(3))
        #expect(machine.replyReceived(Self.push("sunsubscribe", "{a}1", 0), now: .ms(4)) == .ignore)
        let drop = machine.replyReceived(self.moved("a"), now: .ms(4))
        #expect(drop == .dropped(["{a}1"], .moved(HashSlot.of("a".utf8), ClusterEndpoint(host: "other", port: 2))))
        #expect(machine.replyReceived(self.moved("a"), now: .ms(4)) == .ignore)
        #expect(!machine.isClosed)
    }

    /// Whatever crosses on its way, once all is said the node has subscribed what is wanted of it and was not dropped, and
    /// the connection stands.
    @Test func agrees() throws {
        var random = SeededRandom(for: "ShardSubscriptionTests.agrees")
        let end = ContinuousClock.now + .seconds(1)
        var count = 0
        while ContinuousClock.now < end || count < 20 {
            try self.round(&random)
            count += 1
        }
        print("ShardSubscriptionTests.agrees: \(count) rounds")
    }

    private func round(_ random: inout SeededRandom) throws {
        var machine = self.ready(batch: 3)
        var node = ShardModel()
        var wanted: Set<String> = []
        func received() throws {
            guard let reply = node.output.popFirst() else { return }
            switch machine.replyReceived(reply, now: .ms(1)) {
            case .dropped(let channels, let drop):
                try #require(channels.allSatisfy { HashSlot.ofKey($0) == drop.slot && wanted.contains($0) })
                wanted.subtract(channels)
            case .close(let loss): try #require(Bool(false), "\(loss)")
            case .ignore, .becomeReady, .subscribed, .message: break
            }
        }
        for _ in 0..<400 {
            let names = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                "{\(Int.random(in: 0..<4, using: &random))}\(Int.random(in: 0..<4, using: &random))"
            }
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                wanted.formUnion(names)
                _ = machine.subscribe(names)
            case 2, 3:
                wanted.subtract(names)
                _ = machine.unsubscribe(names)
            case 4, 5: node.input += self.words(machine.flush(now: .ms(1)))
            case 6, 7, 8: node.execute()
            case 9: node.toggle(HashSlot.ofKey(names[0]))
            default: try received()
            }
        }
        while true {
            node.input += self.words(machine.flush(now: .ms(1)))
            if node.input.isEmpty && node.output.isEmpty { break }
            while !node.input.isEmpty { node.execute() }
            while !node.output.isEmpty { try received() }
        }
        try #require(node.subscribed == wanted)
        try #require(machine.awaited == 0 && machine.shardCommands.isEmpty)
    }

    /// What cannot be put right by another node ends the connection with its reason.
    @Test(arguments: [
        ("ERR unknown command `SSUBSCRIBE`, with args beginning with: ", RedisLossReason.noShardedPubSub),
        ("NOPERM this user has no permissions to access one of the channels", .subscriptionRefused),
        ("CROSSSLOT Keys in request don't hash to the same slot", .subscriptionRefused),
    ])
    func refused(_ line: String, _ reason: RedisLossReason) {
        var machine = self.ready(["{a}1"])
        _ = machine.flush(now: .ms(1))
        guard case .close(let loss) = machine.replyReceived(.error(line), now: .ms(2)) else {
            Issue.record("it goes on")
            return
        }
        #expect(loss.reason == reason)
    }

    /// A confirmation that nobody asked for ends it too.
    @Test func unexpected() {
        var machine = self.subscribed(["{a}1"])
        #expect(
            machine.replyReceived(Self.push("ssubscribe", "{a}1"), now: .ms(3)) == .close(RedisLoss(.unexpectedReply))
        )
    }
}

/// A node of a cluster as far as sharded Pub/Sub goes; slots that it does not have are at another one.
private struct ShardModel {
    var input: [String] = []
    var output: [RESPValue] = []
    var subscribed: Set<String> = []
    private var missing: Set<UInt16> = []

    /// Executes the next command.
    mutating func execute() {
        guard !self.input.isEmpty else { return }
        let words = self.input.removeFirst().split(separator: " ").map(String.init)
        let slot = HashSlot.ofKey(words[1])
        guard !self.missing.contains(slot) else { return self.output.append(.error("MOVED \(slot) other:2")) }
        for name in words.dropFirst() {
            if words[0] == "SSUBSCRIBE" { self.subscribed.insert(name) } else { self.subscribed.remove(name) }
            self.push(words[0].lowercased(), name)
        }
    }

    /// Loses a slot, or gets it back.
    mutating func toggle(_ slot: UInt16) {
        if self.missing.contains(slot) {
            // One that comes back while answers about its loss are under way may cost the connection, which is made anew.
            if self.input.isEmpty && self.output.isEmpty { self.missing.remove(slot) }
            return
        }
        self.missing.insert(slot)
        for name in self.subscribed where HashSlot.ofKey(name) == slot {
            self.subscribed.remove(name)
            self.push("sunsubscribe", name)
        }
    }

    private mutating func push(_ kind: String, _ name: String) {
        self.output.append(
            .array([.bulk(ByteBuffer(string: kind)), .bulk(ByteBuffer(string: name)), .integer(0)])
        )
    }
}

extension [RESPValue] {
    fileprivate mutating func popFirst() -> RESPValue? { self.isEmpty ? nil : self.removeFirst() }
}
