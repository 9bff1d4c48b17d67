// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Sockets that a bot may have on all nodes together.
@Suite(.timeLimit(.minutes(2))) struct RedisSeatTests {
    private static let server = Task { try await RedisServer.start() }

    /// Two nodes take no more than there are, and a seat that is given back is free for both.
    @Test func shared() async throws {
        let server = try await Self.server.value
        try await RedisTestBed.with(server.url) { bed in
            let nodes = bed.eventLoops.map { RedisSeats(client: bed.client, eventLoop: $0) }
            let channel = Fixtures.channel()
            let seats = try await withThrowingTaskGroup(of: Seat?.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await nodes[number % 2].takeSeat(
                            on: channel,
                            limit: 10,
                            eventLoop: bed.eventLoops[0]
                        ).get()
                    }
                }
                return try await group.reduce(into: [Seat]()) { seats, seat in seat.map { seats.append($0) } }
            }
            #expect(seats.count == 10)
            for seat in seats.prefix(3) {
                seat.giveBack()
                seat.giveBack()
            }
            var again: [Seat] = []
            try await until {
                if let seat = try await nodes[1].takeSeat(on: channel, limit: 10, eventLoop: bed.eventLoops[0]).get() {
                    again.append(seat)
                }
                return again.count == 3
            }
            let none = try await nodes[0].takeSeat(on: channel, limit: 10, eventLoop: bed.eventLoops[0]).get()
            #expect(none == nil)
            for seat in seats + again { seat.giveBack() }
            // The last one to go leaves nothing.
            try await until { try server.command("EXISTS", ChannelKeys(channel).seats) == "0" }
        }
    }

    /// The seats of a node that is gone are free when its time is over, and those that are renewed stay.
    @Test func deadNode() async throws {
        let server = try await Self.server.value
        try await RedisTestBed.with(server.url) { bed in
            let nodes = bed.eventLoops.map { RedisSeats(client: bed.client, eventLoop: $0) }
            let channel = Fixtures.channel()
            let key = ChannelKeys(channel).seats
            let own = try await nodes[0].takeSeat(on: channel, limit: 2, eventLoop: bed.eventLoops[0]).get()
            // What a node that died some time ago has left.
            _ = try server.command("HSET", key, "dead", "1 1000")
            let second = try await nodes[1].takeSeat(on: channel, limit: 2, eventLoop: bed.eventLoops[0]).get()
            #expect(second != nil)
            #expect(try server.command("HEXISTS", key, "dead") == "0")
            #expect((1...60_000).contains(Int(try server.command("PTTL", key)) ?? -1))
            // A Redis that lost its memory learns it with the next renewal.
            _ = try server.command("DEL", key)
            for node in nodes { node.renew() }
            try await until { try server.command("HLEN", key) == "2" }
            let third = try await nodes[1].takeSeat(on: channel, limit: 2, eventLoop: bed.eventLoops[0]).get()
            #expect(third == nil)
            _ = (own, second)
        }
    }

    /// More seats than commands may be under way are renewed all the same.
    @Test func renewsMany() async throws {
        let server = try await Self.server.value
        try await RedisTestBed.with(.patient(server.url) { $0.maximumPendingCommands = 300 }) { bed in
            let seats = RedisSeats(client: bed.client, eventLoop: bed.eventLoops[0])
            let channels = (0..<400).map { _ in Fixtures.channel() }
            var taken: [Seat?] = []
            for channel in channels {
                taken.append(try await seats.takeSeat(on: channel, limit: 1, eventLoop: bed.eventLoops[0]).get())
            }
            let keys = channels.map { RESPArgument.string(ChannelKeys($0).seats) }
            _ = try await bed.node.send(RESPCommand("DEL", keys), on: bed.eventLoops[0]).get()
            seats.renew()
            try await until {
                try await bed.node.send(RESPCommand("EXISTS", keys), on: bed.eventLoops[0]).get() == .integer(400)
            }
            _ = taken
        }
    }

    /// What a node says of its seats is right whatever Redis answered, and it does not say what it does not know.
    @Test func ledger() {
        var ledger = SeatLedger()
        let channel = Fixtures.channel()
        ledger.asking(channel)
        #expect(ledger.number(of: channel) == nil)
        #expect(ledger.answered(channel, isTaken: true) == nil)
        #expect(ledger.number(of: channel) == 1)
        // Given back while another is asked for: said once that is answered.
        ledger.asking(channel)
        #expect(ledger.gaveBack(channel) == nil)
        #expect(ledger.due.isEmpty)
        #expect(ledger.answered(channel, isTaken: false) == 0)
        ledger.told(channel, 0)
        #expect(ledger.count == 0)
        // Redis did not answer: it may have counted, and is put right by the next renewal.
        ledger.asking(channel)
        #expect(ledger.answered(channel, isTaken: nil) == nil)
        #expect(ledger.due.map(\.number) == [0])
        ledger.told(channel, 0)
        #expect(ledger.count == 0)
        // A seat that is not taken leaves nothing.
        ledger.asking(channel)
        #expect(ledger.answered(channel, isTaken: false) == nil)
        #expect(ledger.count == 0)
    }
}
