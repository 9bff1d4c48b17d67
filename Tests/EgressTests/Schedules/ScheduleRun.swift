// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared

@testable import Egress

/// Plays a schedule: an egress node on embedded event loops, its store, and its clients.
final class ScheduleRun {
    private static let channel = ChannelID(secret: Secret("schedule"))
    /// A client that answers gets more of its backlog with each answer, and here one takes half a second.
    private static let timeToCatchUp = 5_000

    private let schedule: Schedule
    private let store: ScheduledStore
    private var node: ScheduledNode
    private var model: PromiseModel
    private var clients: [ScheduledClient] = []
    private var clientCount = 0
    private var hasSeen: Set<ScheduledRole> = []
    /// Where the follower was, by its own account.
    private var follower: Position?
    private var failure: (any Error)?

    private init(_ schedule: Schedule) {
        self.schedule = schedule
        var configuration = MemoryBrokerConfiguration()
        configuration.retentionCount = schedule.retentionCount
        configuration.retentionAgeMilliseconds = schedule.retentionMilliseconds
        self.store = ScheduledStore(configuration: configuration, delay: .milliseconds(schedule.storeMilliseconds))
        self.node = ScheduledNode(self.store)
        self.model = PromiseModel(schedule, now: self.store.now)
    }

    /// Plays it, and the rest that shows whether anything is missing.
    static func play(_ schedule: Schedule) throws {
        let run = ScheduleRun(schedule)
        defer { run.crash() }
        for step in schedule.steps {
            try run.take(step)
            try run.turn()
        }
        try run.finish()
    }

    private func take(_ step: ScheduleStep) throws {
        switch step {
        case .publish(let count): for _ in 0..<count { try self.publish() }
        case .connect(let role, let number): self.connect(role, number)
        case .goodbye(let number): try self.client(number).map { try self.sayGoodbye($0) }
        case .kill(let number, let arrived):
            guard let client = self.client(number) else { return }
            if !client.isVanished { try self.carry(client, bytes: client.wire.length * arrived / 100) }
            self.end(client, inOrder: false)
        case .vanish(let number):
            guard let client = self.client(number), client.canVanish else { return }
            client.isVanished = true
        case .lag(let number):
            guard let client = self.client(number), client.canVanish else { return }
            client.isLagging = true
        case .carry(let number, let bytes): try self.client(number).map { try self.carry($0, bytes: bytes) }
        case .pause(let number):
            if let client = self.client(number), let channel = client.channel { client.wire.hold(channel) }
        case .resume(let number):
            guard let client = self.client(number), let channel = client.channel else { return }
            client.isLagging = false
            client.wire.release(channel)
        case .wait(let milliseconds): try self.wait(milliseconds)
        case .restart:
            self.crash()
            self.node = ScheduledNode(self.store)
        case .drain: try self.drain()
        case .loseMemory:
            self.model.storeLostMemory()
            self.store.loseMemory()
        case .cut: self.store.cut()
        case .mend: self.mend()
        }
    }

    private func client(_ number: Int) -> ScheduledClient? {
        self.clients.isEmpty ? nil : self.clients[number % self.clients.count]
    }

    // MARK: The store

    private func publish() throws {
        let number = self.model.next
        let kind = number % 3 == 0 ? 1 : 0
        let event = Event(
            platform: "generic",
            receivedAt: 0,
            headers: ["Content-Type": "application/json"],
            body: ByteBuffer(string: "{\"n\":\(number),\"k\":\(kind)}"),
            bodyIsUTF8: true
        )
        let publication = self.store.publish(event, to: Self.channel, key: nil, retention: nil, on: self.node.loop)
            .future(on: self.node.loop)
        // It may be held back until the lane has had its turn.
        for _ in 0..<10 where self.isHeldBack(publication) { self.node.loop.advanceTime(by: .microseconds(20)) }
        guard case .stored(let position, feeds: _) = try publication.wait() else { return }
        self.model.published(at: position, kind: kind)
    }

    private func isHeldBack(_ publication: EventLoopFuture<Publication>) -> Bool {
        var isHeldBack = true
        publication.assumeIsolated().whenComplete { _ in isHeldBack = false }
        return isHeldBack
    }

    private func mend() {
        for missed in self.store.mend() { self.model.feedsMissed(after: missed.after, upTo: missed.upTo) }
    }

    // MARK: The clients

    private func connect(_ role: ScheduledRole, _ number: Int) {
        guard self.clients.count < 6, var request = role.request else { return }
        // The follower is one program.
        guard role != .follower || !self.clients.contains(where: { $0.role == .follower }) else { return }
        let speech = role.speeches[number % role.speeches.count]
        self.clientCount += 1
        let client = ScheduledClient(
            number: self.clientCount,
            role: role,
            speech: speech,
            hasCounters: self.schedule.hasCounters,
            isBehindProxy: self.schedule.hasProxy
        )
        if role == .follower, let follower {
            request.start = .after(follower)
            client.resumption = follower
        }
        self.hasSeen.insert(role)
        client.settled = self.model.settled(role)
        self.clients.append(client)
        self.model.stirred(role)
        let node = self.node
        self.node.hub.takePlace(on: Self.channel, for: request, now: self.store.now, eventLoop: node.loop)
            .assumeIsolated().whenSuccess { place, beginning in
                guard !client.isGone, node === self.node else { return }
                do {
                    try self.open(client, request, beginning, place)
                } catch {
                    self.failure = error
                }
            }
    }

    private func open(
        _ client: ScheduledClient,
        _ request: StreamRequest,
        _ beginning: StreamBeginning,
        _ place: FeedPlace
    ) throws {
        if beginning.resumption == nil {
            // It gets what comes from here.
            client.position = place.feed.position
            if let head = self.model.head, !self.store.isCut, place.feed.position != head {
                throw BrokenPromise("client \(client.number) begins at \(place.feed.position), not at \(head)")
            }
        }
        let channel = EmbeddedChannel(handler: client.wire, loop: self.node.loop)
        client.channel = channel
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        switch client.speech {
        case .raw:
            try RawSocket.open(
                on: channel,
                lane: self.node.lane,
                place: place,
                beginning: beginning,
                rate: request.rate,
                configuration: self.node.configuration,
                metrics: self.node.metrics,
                options: RawSocket.Options(answers: nil, filter: request.filter, consumer: request.consumer)
            )
        case .envelope:
            try EnvelopeSocket.open(
                on: channel,
                services: self.node.envelopes,
                request: request,
                beginning: beginning,
                place: place
            )
        case .stream:
            try EventStream.open(
                on: channel,
                services: self.node.envelopes,
                request: request,
                beginning: beginning,
                place: place
            )
        }
    }

    /// Bytes arrive at a client.
    private func carry(_ client: ScheduledClient, bytes: Int = .max) throws {
        guard !client.isVanished else { return }
        for message in client.receive(client.wire.carry(bytes)) {
            do {
                switch message {
                case .event(let number): try self.model.event(number, to: client)
                case .recovery(let recovery): try self.model.recovery(recovery, to: client)
                case .ping(let payload): try self.answer(0xA, payload, of: client)
                case .closed:
                    client.isClosed = true
                    try self.answer(0x8, [0x03, 0xE8], of: client)
                }
            } catch let error as BrokenPromise {
                throw BrokenPromise("client \(client.number), \(client.speech) \(client.role): \(error)")
            }
            if client.role == .follower, !client.isClosed { self.follower = client.position }
        }
    }

    /// A client answers a control frame, as its library does.
    private func answer(_ opcode: UInt8, _ payload: [UInt8], of client: ScheduledClient) throws {
        guard let channel = client.channel, channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: ClientFrame(opcode: opcode, payload: payload).bytes))
    }

    private func sayGoodbye(_ client: ScheduledClient) throws {
        guard let channel = client.channel, !client.isVanished, client.speech != .stream else {
            return self.end(client, inOrder: false)
        }
        let isReading = !client.wire.isHeld
        try channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(code: 1000).bytes))
        try self.carry(client)
        self.end(client, inOrder: isReading && client.isClosed)
    }

    /// The connection is over, whoever ended it.
    private func end(_ client: ScheduledClient, inOrder: Bool) {
        client.isGone = true
        self.clients.removeAll { $0 === client }
        if let channel = client.channel {
            if !inOrder { client.wire.cut() }
            client.wire.release(channel)
            _ = channel.close()
            channel.flush()
        }
        self.model.ended(client, inOrder: inOrder)
    }

    /// The node ends in order: it says goodbye to its clients, and those that live have it all.
    private func drain() throws {
        for member in self.node.lane.members { member.drain() }
        self.node.loop.run()
        for client in self.clients {
            let isReading = !client.wire.isHeld && !client.isVanished && client.channel != nil
            try self.carry(client)
            self.end(client, inOrder: isReading && (client.speech == .stream ? !client.isLagging : client.isClosed))
        }
        // The process has the time to store how far they are.
        try self.wait(50)
        self.crash()
        self.node = ScheduledNode(self.store)
    }

    private func crash() {
        self.store.forgetFeeds()
        for client in self.clients { self.end(client, inOrder: false) }
        self.node.crash()
        self.model.crashed()
    }

    // MARK: The time

    private func turn() throws {
        self.node.loop.run()
        if let failure { throw failure }
        for client in self.clients {
            if !client.isLagging { try self.carry(client) }
            if client.channel?.isActive == false || client.isClosed { self.end(client, inOrder: false) }
        }
    }

    private func wait(_ milliseconds: Int) throws {
        var left = milliseconds
        while left > 0 {
            let part = min(left, 500)
            left -= part
            self.store.advance(by: Int64(part))
            self.model.advance(to: self.store.now)
            self.node.loop.advanceTime(by: .milliseconds(Int64(part)))
            try self.turn()
            self.rest()
        }
    }

    private func rest() {
        for role in self.hasSeen where role.hasCursor {
            let clients = self.clients.filter { $0.role == role }
            guard !clients.isEmpty else { continue }
            if clients.contains(where: { $0.channel == nil || $0.wire.isHeld || !$0.wire.isEmpty || $0.isVanished }) {
                self.model.stirred(role)
            } else {
                self.model.rested(role, clients: clients)
            }
        }
    }

    /// All that holds anything up goes, and of each consumer another client comes.
    private func finish() throws {
        self.mend()
        for client in self.clients {
            client.isLagging = false
            if client.isVanished || client.channel == nil {
                self.end(client, inOrder: false)
            } else if let channel = client.channel {
                client.wire.release(channel)
            }
        }
        try self.wait(Self.timeToCatchUp)
        for client in self.clients { try self.model.checkEnd(of: client) }
        for role in ScheduledRole.allCases where role.hasCursor && self.hasSeen.contains(role) {
            if self.clients.count >= 6, let client = self.clients.first { self.end(client, inOrder: false) }
            self.connect(role, 0)
        }
        try self.wait(Self.timeToCatchUp)
        for role in self.hasSeen where role.hasCursor { try self.model.checkEnd(of: role) }
    }
}
