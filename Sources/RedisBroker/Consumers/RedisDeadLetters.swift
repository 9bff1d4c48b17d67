// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What groups gave up, in Redis. Any thread.
struct RedisDeadLetters: Sendable {
    /// How many are read at once, at most: each may have the bytes of a whole event.
    private static let pageLimit = 16

    let client: RedisClient
    let events: StoredEvents

    /// The dead letters behind a number, oldest first, less those that this version cannot read.
    func read(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        let keys = ChannelKeys(channel)
        let command = RESPCommand(
            "XRANGE",
            .string(keys.dead),
            .string("\(number &+ 1)"),
            "+",
            "COUNT",
            .integer(min(limit, Self.pageLimit))
        )
        guard number < UInt64(Int64.max) else { return eventLoop.makeSucceededFuture([]) }
        return self.client.send(command, at: keys.place, on: eventLoop).flatMapThrowing { reply throws in
            guard case .array(let entries) = reply else { throw BrokerError.refused }
            return try entries.map { entry throws(BrokerError) in try self.letter(entry) }
        }.flatMap { (letters: [(number: UInt64, letter: DeadLetter?)]) in
            let readable = letters.compactMap(\.letter)
            // An empty page says that there are no more.
            guard readable.isEmpty, let last = letters.last else { return eventLoop.makeSucceededFuture(readable) }
            return self.read(of: channel, after: last.number, limit: limit, eventLoop: eventLoop)
        }
    }

    /// Forgets one, and says whether it was there.
    func drop(_ number: UInt64, of channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        let keys = ChannelKeys(channel)
        let command = RESPCommand("XDEL", .string(keys.dead), .string("\(number)-0"))
        return self.client.send(command, at: keys.place, on: eventLoop).map { $0 == .integer(1) }
    }

    /// An entry as the script `take` wrote it; without the letter where this version cannot read its event.
    private func letter(_ entry: RESPValue) throws(BrokerError) -> (number: UInt64, letter: DeadLetter?) {
        guard case .array(let parts) = entry, parts.count == 2,
            let number = parts[0].string.flatMap({ UInt64($0.prefix { $0 != "-" }) }),
            case .array(let fields) = parts[1], fields.count == 12,
            let time = fields[1].string.flatMap({ Int64($0) }),
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
