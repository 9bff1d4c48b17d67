// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Reports the connections of a lane to operators: registered bots only. Confined to the lane's event loop.
final class PresenceReporter {
    private let store: any PresenceStore
    private let node: String
    private let access: Access
    private let now: @Sendable () -> Int64
    private let eventLoop: any EventLoop
    /// The lane's name in the store.
    private let place = NodeID.random()
    private var schedules: [ChannelID: PresenceReportSchedule] = [:]

    /// - Parameters:
    ///   - node: the node's display name.
    ///   - now: in milliseconds since 1970.
    init(
        store: any PresenceStore,
        node: String,
        access: Access,
        now: @escaping @Sendable () -> Int64,
        eventLoop: any EventLoop
    ) {
        self.store = store
        self.node = node
        self.access = access
        self.now = now
        self.eventLoop = eventLoop
    }

    /// A member joined the group of a channel.
    func came(_ member: any FanOutMember, to channel: ChannelID) {
        self.schedules[channel, default: PresenceReportSchedule()].came(ObjectIdentifier(member), at: self.now())
    }

    /// A member left the group of a channel; when the last one leaves, the report is removed.
    func went(_ member: any FanOutMember, from channel: ChannelID, isLast: Bool) {
        self.schedules[channel]?.went(ObjectIdentifier(member))
        // There are no reports of unregistered bots.
        guard isLast, self.schedules.removeValue(forKey: channel)?.isTold == true else { return }
        self.post([], on: channel)
    }

    /// Events were delivered to a group.
    func progressed(on channel: ChannelID) {
        self.schedules[channel]?.progressed()
    }

    /// Posts the reports that are due. Called once a second.
    ///
    /// - Parameter members: those of a channel's group.
    func look(now: NIODeadline, members: (ChannelID) -> [any FanOutMember]) {
        guard let directory = self.access.registry?.directory else { return }
        for channel in self.schedules.keys {
            // Unregistered bots are not reported.
            guard directory.bot(on: channel) != nil, self.schedules[channel]?.isDue(now: now) == true else { continue }
            self.post(members(channel), on: channel)
        }
    }

    private func post(_ members: [any FanOutMember], on channel: ChannelID) {
        let schedule = self.schedules[channel]
        let sockets = members.prefix(PresenceReport.limit).map { member in
            let presenceDetails = member.presenceDetails
            return SocketPresence(
                speech: presenceDetails.speech,
                since: schedule?.arrival(of: ObjectIdentifier(member)) ?? 0,
                token: member.admission?.token?.label,
                consumer: presenceDetails.consumer,
                offset: presenceDetails.offset
            )
        }
        self.store.post(
            PresenceReport(node: self.node, time: self.now(), count: members.count, sockets: sockets),
            of: self.place,
            on: channel,
            eventLoop: self.eventLoop
        )
    }
}
