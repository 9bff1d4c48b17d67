// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// Counts a bot's sockets on all egress nodes of a Redis, for bots with a limit. Any thread.
///
/// A node renews its seats; those of a node that died are free again `lifetime` later.
final class RedisSeats: SeatStore {
    /// How long seats stay taken without renewal.
    static let lifetime = TimeAmount.seconds(45)
    /// How often they are renewed: two renewals may be lost.
    static let pause = TimeAmount.seconds(12)

    /// How many are renewed at once, since events share the connection's command limit.
    private static let batch = 256

    private let client: RedisClient
    private let node = NodeID.random()
    /// All commands use this loop's connection, so that they arrive in order.
    private let eventLoop: any EventLoop
    private let ledger = Mutex(SeatLedger())
    /// On the event loop only.
    private let isRenewing = Atomic<Bool>(false)

    init(client: RedisClient, eventLoop: any EventLoop) {
        self.client = client
        self.eventLoop = eventLoop
    }

    func takeSeat(on channel: ChannelID, limit: Int, eventLoop: any EventLoop) -> EventLoopFuture<Seat?> {
        self.eventLoop.flatSubmit {
            self.ledger.withLock { $0.asking(channel) }
            return self.run(.takeSeat, on: channel, limit)
        }.flatMapThrowing { reply throws in
            guard case .integer(let answer) = reply else { throw BrokerError.refused }
            return answer == 1
        }.map { isTaken -> Seat? in
            self.answered(channel, isTaken: isTaken)
            return isTaken ? Seat { [weak self] in self?.giveBack(channel) } : nil
        }.flatMapErrorThrowing { error -> Seat? in
            self.answered(channel, isTaken: nil)
            throw BrokerError(error)
        }.hop(to: eventLoop)
    }

    private func answered(_ channel: ChannelID, isTaken: Bool?) {
        if let number = self.ledger.withLock({ $0.answered(channel, isTaken: isTaken) }) {
            self.tell(number, of: channel)
        }
    }

    private func giveBack(_ channel: ChannelID) {
        self.eventLoop.execute {
            guard let number = self.ledger.withLock({ $0.gaveBack(channel) }) else { return }
            self.tell(number, of: channel)
        }
    }

    /// Renews what this node has. Every `pause`.
    func renew() {
        self.eventLoop.execute {
            guard !self.isRenewing.exchange(true, ordering: .relaxed) else { return }
            let channels = self.ledger.withLock { $0.due.map(\.channel) }
            self.renew(channels[...])
        }
    }

    /// Renews some, and the others when Redis has answered.
    private func renew(_ channels: ArraySlice<ChannelID>) {
        guard !channels.isEmpty else { return self.isRenewing.store(false, ordering: .relaxed) }
        // The number may be another one since.
        let batch = channels.prefix(Self.batch).compactMap { channel in
            self.ledger.withLock { $0.number(of: channel) }.map { self.tell($0, of: channel) }
        }
        EventLoopFuture.andAllComplete(batch, on: self.eventLoop).whenComplete { _ in
            // Asynchronously: without a connection all of them have failed by now.
            self.eventLoop.execute { self.renew(channels.dropFirst(Self.batch)) }
        }
    }

    /// On the event loop that all commands go by.
    @discardableResult
    private func tell(_ number: Int, of channel: ChannelID) -> EventLoopFuture<Void> {
        self.run(.renewSeats, on: channel, number).map { _ in
            self.ledger.withLock { $0.told(channel, number) }
        }
    }

    private func run(_ script: RedisScript, on channel: ChannelID, _ number: Int) -> EventLoopFuture<RESPValue> {
        let keys = ChannelKeys(channel)
        return RedisScripts(client: self.client).run(script, at: keys.place, on: self.eventLoop) {
            [node] name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(1),
                .string(keys.seats),
                .string(String(node.rawValue, radix: 16)),
                .integer(number),
                .integer(Int(Self.lifetime.nanoseconds / 1_000_000))
            )
        }
    }
}
