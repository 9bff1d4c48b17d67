// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Groups on Redis' consumer groups. Any thread.
struct RedisGroups: Sendable {
    /// How many bytes of events are taken at once, at most; but always an event.
    private static let pageBytes = 512 << 10

    private let client: RedisClient
    private let scripts: RedisScripts
    private let queue: ReadQueue
    private let events: StoredEvents
    private let configuration: RedisBrokerConfiguration

    /// - Parameter queue: where takes wait for their turn.
    init(client: RedisClient, queue: ReadQueue, events: StoredEvents, configuration: RedisBrokerConfiguration) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.queue = queue
        self.events = events
        self.configuration = configuration
    }

    /// Takes events for a member, when it is its turn: events that arrive too late would waste an attempt.
    func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        let place = ChannelKeys(channel).place
        return self.queue.run(at: self.client.node(at: place), on: eventLoop) {
            self.scripts.run(.take, at: place, on: eventLoop) { name, script in
                self.command(name, script, request, on: channel)
            }.flatMapThrowing { reply throws in
                try self.page(reply)
            }
        }.flatMap { (page, taken) in
            // An empty page would mean that there is nothing to take, but here events were taken that cannot be read.
            guard page.deliveries.isEmpty, taken > 0 else { return eventLoop.makeSucceededFuture(page) }
            return self.take(request, on: channel, eventLoop: eventLoop).map { next in
                GroupPage(
                    deliveries: next.deliveries,
                    deadLetters: page.deadLetters + next.deadLetters,
                    lost: page.lost + next.lost
                )
            }
        }
    }

    private func command(
        _ name: String,
        _ script: String,
        _ request: GroupRequest,
        on channel: ChannelID
    ) -> RESPCommand {
        let keys = ChannelKeys(channel)
        return RESPCommand(
            name,
            .string(script),
            .integer(4),
            .string(keys.log),
            .string(keys.meta),
            .string(keys.groups),
            .string(keys.dead),
            .string(request.group.text),
            .integer(request.limit),
            .integer(Self.pageBytes),
            .integer(Int(request.visibilityMilliseconds)),
            .integer(request.attempts),
            .integer(Int(self.configuration.retentionAgeMilliseconds) * 1_000),
            .string(request.start?.epoch.padded ?? ""),
            .string("\(request.start?.offset ?? 0)"),
            .integer(ConsumerName.limit),
            .integer(self.configuration.retentionCount),
            .integer(Int(self.configuration.metaLifetimeMilliseconds)),
            .integer(Int(self.configuration.deadLetterAgeMilliseconds)),
            .integer(Int(request.patienceMilliseconds))
        ).patient
    }

    /// Settles what a member took.
    func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        guard let epoch = settlement.attempts.first?.position.epoch else { return eventLoop.makeSucceededVoidFuture() }
        let keys = ChannelKeys(channel)
        return self.scripts.run(.settle, at: keys.place, on: eventLoop) { name, script in
            let fixed: [RESPArgument] = [
                .string(script),
                .integer(3),
                .string(keys.log),
                .string(keys.meta),
                .string(keys.groups),
                .string(settlement.group.text),
                .string(settlement.verdict.rawValue),
                .string(epoch.padded),
            ]
            let attempts = settlement.attempts.flatMap { attempt -> [RESPArgument] in
                [.string("\(attempt.position.offset)"), .integer(attempt.number ?? 0)]
            }
            return RESPCommand(name, fixed + attempts)
        }.map { _ in }
    }

    /// What the script `take` answers. An event that this version cannot read is left unsettled: it becomes a dead letter
    /// when it was taken often enough, unless a newer version reads it before.
    ///
    /// - Returns: the page, and how many events were taken for it.
    private func page(_ reply: RESPValue) throws(BrokerError) -> (page: GroupPage, taken: Int) {
        if case .integer = reply { throw .tooManyConsumers }
        guard case .array(let parts) = reply, parts.count == 4, let epoch = parts[0].string.flatMap(Epoch.init),
            case .integer(let deadLetters) = parts[1], case .integer(let lost) = parts[2],
            case .array(let taken) = parts[3],
            taken.count.isMultiple(of: 3)
        else { throw .refused }
        var deliveries: [GroupPage.Delivery] = []
        deliveries.reserveCapacity(taken.count / 3)
        for index in stride(from: 0, to: taken.count, by: 3) {
            guard case .integer(let attempt) = taken[index], case .integer(let offset) = taken[index + 1],
                case .bulk(let bytes) = taken[index + 2]
            else { throw .refused }
            guard let event = self.events.decode(bytes) else { continue }
            let position = Position(epoch: epoch, offset: UInt64(clamping: offset))
            deliveries.append(
                GroupPage.Delivery(entry: LogEntry(position: position, event: event), attempt: attempt)
            )
        }
        let page = GroupPage(deliveries: deliveries, deadLetters: deadLetters, lost: UInt64(clamping: lost))
        return (page, taken.count / 3)
    }
}
