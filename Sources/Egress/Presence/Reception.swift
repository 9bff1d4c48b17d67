// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Tells operators who is connected to a lane: of the registered bots only, and only where there is a board. Belongs to the
/// lane's event loop.
final class Reception {
    private let board: any PresenceBoard
    private let node: String
    private let access: Access
    private let now: @Sendable () -> Int64
    private let eventLoop: any EventLoop
    /// The lane's name on the board.
    private let place = NodeID.random()
    private var books: [ChannelID: AttendanceBook] = [:]

    /// - Parameters:
    ///   - node: the node's name for people.
    ///   - now: in milliseconds since 1970.
    init(
        board: any PresenceBoard,
        node: String,
        access: Access,
        now: @escaping @Sendable () -> Int64,
        eventLoop: any EventLoop
    ) {
        self.board = board
        self.node = node
        self.access = access
        self.now = now
        self.eventLoop = eventLoop
    }

    /// A member joined the group of a channel.
    func came(_ member: any FeedMember, to channel: ChannelID) {
        self.books[channel, default: AttendanceBook()].came(ObjectIdentifier(member), at: self.now())
    }

    /// A member left the group of a channel; the last one takes the sheet away.
    func went(_ member: any FeedMember, from channel: ChannelID, isLast: Bool) {
        self.books[channel]?.went(ObjectIdentifier(member))
        // Of a bot that is not registered the board knows nothing.
        guard isLast, self.books.removeValue(forKey: channel)?.isTold == true else { return }
        self.post([], on: channel)
    }

    /// Events were delivered to a group.
    func progressed(on channel: ChannelID) {
        self.books[channel]?.progressed()
    }

    /// Tells the board what it is due. Once a second.
    ///
    /// - Parameter members: those of a channel's group.
    func look(now: NIODeadline, members: (ChannelID) -> [any FeedMember]) {
        guard let directory = self.access.registry?.directory else { return }
        for channel in self.books.keys {
            // Of bots that are not registered nobody asks.
            guard directory.bot(on: channel) != nil, self.books[channel]?.isDue(now: now) == true else { continue }
            self.post(members(channel), on: channel)
        }
    }

    private func post(_ members: [any FeedMember], on channel: ChannelID) {
        let book = self.books[channel]
        let sockets = members.prefix(PresenceSheet.limit).map { member in
            let attendee = member.attendee
            return SocketPresence(
                speech: attendee.speech,
                since: book?.arrival(of: ObjectIdentifier(member)) ?? 0,
                token: member.admission?.token?.label,
                consumer: attendee.consumer,
                offset: attendee.offset
            )
        }
        self.board.post(
            PresenceSheet(node: self.node, time: self.now(), count: members.count, sockets: sockets),
            of: self.place,
            on: channel,
            eventLoop: self.eventLoop
        )
    }
}
