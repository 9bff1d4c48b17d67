// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// What nodes of a cluster say of its slots, read.
@Suite struct SlotMapTests {
    private static let asked = ClusterEndpoint(host: "seed", port: 7_000)

    private static func node(_ host: RESPValue, _ port: Int, old: Bool = false) -> RESPValue {
        .array([host, .integer(port), .bulk(ByteBuffer(string: "id"))] + (old ? [] : [.array([])]))
    }

    private static func range(_ first: Int, _ last: Int, _ nodes: RESPValue...) -> RESPValue {
        .array([.integer(first), .integer(last)] + nodes)
    }

    private static func text(_ text: String) -> RESPValue { .bulk(ByteBuffer(string: text)) }

    /// Masters come first, replicas are passed over, and an endpoint that is not known is the host that was asked.
    @Test func read() throws {
        let map = try SlotMap(
            slots: .array([
                Self.range(0, 5_000, Self.node(Self.text("10.0.0.1"), 6_379), Self.node(Self.text("10.0.0.2"), 6_379)),
                Self.range(5_001, 5_001, Self.node(.null, 7_001)),
                Self.range(5_002, 5_002, Self.node(Self.text(""), 7_002)),
                Self.range(5_003, 16_383, Self.node(Self.text("?"), 7_003)),
            ]),
            asked: Self.asked
        )
        #expect(map.owner(of: 0) == ClusterEndpoint(host: "10.0.0.1", port: 6_379))
        #expect(map.owner(of: 5_000) == ClusterEndpoint(host: "10.0.0.1", port: 6_379))
        #expect(map.owner(of: 5_001) == ClusterEndpoint(host: "seed", port: 7_001))
        #expect(map.owner(of: 5_002) == ClusterEndpoint(host: "seed", port: 7_002))
        #expect(map.owner(of: 16_383) == ClusterEndpoint(host: "seed", port: 7_003))
        #expect(map.unassignedCount == 0)
        #expect(map.masters.count == 4)
    }

    /// What is no answer to CLUSTER SLOTS is refused; an older Redis by its own reason.
    @Test func refused() {
        let fit = Self.node(Self.text("h"), 1)
        let malformed: [RESPValue] = [
            .null, .integer(1), .array([.integer(1)]), .array([Self.range(0, 16_384, fit)]),
            .array([Self.range(-1, 3, fit)]), .array([Self.range(4, 3, fit)]), .array([Self.range(0, 3)]),
            .array([Self.range(0, 3, Self.node(Self.text("h"), 0))]),
            .array([Self.range(0, 3, Self.node(Self.text("h"), 65_536))]),
            .array([Self.range(0, 3, .array([]))]),
            .array([Self.range(0, 3, fit), Self.range(3, 4, fit)]),
        ]
        for reply in malformed {
            #expect(throws: SlotMapError.malformed) { try SlotMap(slots: reply, asked: Self.asked) }
        }
        #expect(throws: SlotMapError.tooOld) {
            try SlotMap(slots: .array([Self.range(0, 3, Self.node(Self.text("h"), 1, old: true))]), asked: Self.asked)
        }
        let many = (0...SlotMap.nodeLimit).map { Self.range($0, $0, Self.node(Self.text("h"), $0 + 1)) }
        #expect(throws: SlotMapError.tooManyNodes) { try SlotMap(slots: .array(many), asked: Self.asked) }
    }

    /// A slot to a range is the most that there can be; a node that says more of them than that, each of all slots, is
    /// stopped at the second, and not read for seconds.
    @Test func ranges() throws {
        let single = (0..<16_384).map { Self.range($0, $0, Self.node(Self.text("h"), $0 % SlotMap.nodeLimit + 1)) }
        let map = try SlotMap(slots: .array(single), asked: Self.asked)
        #expect(map.unassignedCount == 0 && map.masters.count == SlotMap.nodeLimit)
        #expect(map.owner(of: 1_234) == ClusterEndpoint(host: "h", port: 235))
        let all = [RESPValue](repeating: Self.range(0, 16_383, Self.node(Self.text("h"), 1)), count: 20_000)
        #expect(throws: SlotMapError.malformed) { try SlotMap(slots: .array(all), asked: Self.asked) }
        // What comes behind the second is not looked at: it would be refused by another reason.
        let old = Self.range(0, 0, Self.node(Self.text("h"), 1, old: true))
        #expect(throws: SlotMapError.malformed) {
            try SlotMap(slots: .array(all.prefix(2) + [old]), asked: Self.asked)
        }
    }

    /// How many slots nobody has follows what is read and assigned.
    @Test func unassigned() throws {
        var map = try SlotMap(
            slots: .array([Self.range(0, 9, Self.node(Self.text("h"), 1)), Self.range(20, 20, Self.node(.null, 2))]),
            asked: Self.asked
        )
        #expect(map.unassignedCount == 16_384 - 11)
        #expect(map.assign(9, to: ClusterEndpoint(host: "h", port: 3)) == true)
        #expect(map.unassignedCount == 16_384 - 11)
        #expect(map.assign(10, to: ClusterEndpoint(host: "h", port: 3)) == true)
        #expect(map.unassignedCount == 16_384 - 12)
    }

    /// A redirection changes one slot, and no number of them makes more nodes than there may be.
    @Test func assign() {
        var map = SlotMap()
        let one = ClusterEndpoint(host: "h", port: 1)
        #expect(map.unassignedCount == 16_384)
        #expect(map.assign(7, to: one) == true)
        #expect(map.assign(7, to: one) == false)
        #expect(map.owner(of: 7) == one && map.owner(of: 8) == nil)
        #expect(map.changes(since: SlotMap()) == [7])
        for port in 2...SlotMap.nodeLimit { #expect(map.assign(8, to: ClusterEndpoint(host: "h", port: port)) == true) }
        #expect(map.assign(8, to: ClusterEndpoint(host: "other", port: 1)) == false)
        #expect(map.masters == [one, ClusterEndpoint(host: "h", port: SlotMap.nodeLimit)])
    }

    /// Redirections name a host with a port, an IPv6 address among them, or a port alone.
    @Test(arguments: [
        ("MOVED 3999 127.0.0.1:6381", ClusterRefusal.moved(3_999, ClusterEndpoint(host: "127.0.0.1", port: 6_381))),
        ("MOVED 3999 ::1:6381", .moved(3_999, ClusterEndpoint(host: "::1", port: 6_381))),
        ("MOVED 3999 :6381", .moved(3_999, ClusterEndpoint(host: "seed", port: 6_381))),
        ("MOVED 3999 ?:6381", .moved(3_999, ClusterEndpoint(host: "seed", port: 6_381))),
        ("ASK 0 node.example:1", .ask(ClusterEndpoint(host: "node.example", port: 1))),
        ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain),
        ("CLUSTERDOWN The cluster is down", .down),
        ("LOADING Redis is loading the dataset in memory", .away),
    ])
    func redirections(_ line: String, _ refusal: ClusterRefusal) {
        #expect(ClusterRefusal(.command(line), asked: Self.asked) == refusal)
    }

    /// What is none, or cannot be followed, is an error like any other.
    @Test(arguments: [
        "MOVED", "MOVED 3999", "MOVED 16384 h:1", "MOVED x h:1", "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:70000",
        "ERR MOVED",
        "WRONGTYPE x", "NOSCRIPT No matching script.", "CROSSSLOT Keys in request don't hash to the same slot",
    ])
    func noRedirections(_ line: String) {
        #expect(ClusterRefusal(.command(line), asked: Self.asked) == nil)
    }
}
