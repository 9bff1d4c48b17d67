// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Dead letters in Redis. Any thread.
struct RedisDeadLetters: Sendable {
    /// How many are read at once, at most.
    private static let pageLimit = 16
    /// How many bytes of events are read at once, at most; but always a letter.
    private static let pageBytes = 512 << 10
    /// The concurrent reads of one Redis: only people read these, and they must not delay events.
    private static let concurrency = 2

    private let client: RedisClient
    private let scripts: RedisScripts
    private let queue: ReadQueue
    private let events: StoredEvents
    /// How long one is kept.
    private let ageMilliseconds: Int64

    init(client: RedisClient, events: StoredEvents, configuration: RedisBrokerConfiguration) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.queue = ReadQueue(concurrency: Self.concurrency)
        self.events = events
        self.ageMilliseconds = configuration.deadLetterAgeMilliseconds
    }

    /// The dead letters after a number, oldest first, without those that have expired or that this version cannot read.
    func read(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        let keys = ChannelKeys(channel)
        guard number < UInt64(Int64.max) else { return eventLoop.makeSucceededFuture([]) }
        return self.queue.run(at: self.client.node(at: keys.place), on: eventLoop) {
            self.scripts.run(.readDeadLetters, at: keys.place, on: eventLoop) { name, script in
                RESPCommand(
                    name,
                    .string(script),
                    .integer(1),
                    .string(keys.dead),
                    .string("\(number + 1)"),
                    .integer(min(limit, Self.pageLimit)),
                    .integer(Self.pageBytes),
                    .integer(Int(self.ageMilliseconds))
                ).patient
            }.flatMapThrowing { reply throws in
                try self.letters(reply)
            }
        }.flatMap { letters in
            let readable = letters.compactMap(\.letter)
            // An empty page says that there are no more.
            guard readable.isEmpty, let last = letters.last else { return eventLoop.makeSucceededFuture(readable) }
            return self.read(of: channel, after: last.number, limit: limit, eventLoop: eventLoop)
        }
    }

    /// Deletes one; false if there was none.
    func drop(_ number: UInt64, of channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        let keys = ChannelKeys(channel)
        let command = RESPCommand("XDEL", .string(keys.dead), .string("\(number)-0"))
        return self.client.send(command, at: keys.place, on: eventLoop).map { $0 == .integer(1) }
    }

    /// What the script answers.
    private func letters(_ reply: RESPValue) throws(BrokerError) -> [(number: UInt64, letter: DeadLetter?)] {
        guard case .array(let entries) = reply else { throw .refused }
        return try entries.map { entry throws(BrokerError) in try self.letter(entry) }
    }

    /// An entry as the script `take` wrote it; without the letter if it has expired, or this version cannot read its
    /// event.
    private func letter(_ entry: RESPValue) throws(BrokerError) -> (number: UInt64, letter: DeadLetter?) {
        guard case .array(let parts) = entry, parts.count == 2,
            let number = parts[0].string.flatMap({ UInt64($0.prefix { $0 != "-" }) }),
            case .array(let fields) = parts[1]
        else { throw .refused }
        guard !fields.isEmpty else { return (number, nil) }
        guard fields.count == 12, let time = fields[1].string.flatMap({ Int64($0) }),
            let group = fields[3].string.flatMap({ ConsumerName($0) }),
            let attempts = fields[5].string.flatMap({ Int($0) }),
            let epoch = fields[7].string.flatMap(Epoch.init),
            let offset = fields[9].string.flatMap({ UInt64($0) }),
            case .bulk(let bytes) = fields[11]
        else { throw .refused }
        guard let event = self.events.decode(bytes) else { return (number, nil) }
        let letter = DeadLetter(
            number: number,
            group: group,
            attempts: attempts,
            time: time,
            entry: LogEntry(position: Position(epoch: epoch, offset: offset), event: event)
        )
        return (number, letter)
    }
}
