// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// What every store of presence keeps to.
public enum PresenceRules {
    /// Sheets are of their place and channel; a later one takes the place of the one before, an empty one takes it away,
    /// and one that is not renewed no longer counts.
    public static func check(_ store: any PresenceStore, on eventLoop: any EventLoop) async throws -> [String] {
        let (first, second) = (ChannelID.random(), ChannelID.random())
        let (here, there) = (NodeID.random(), NodeID.random())
        let now: Int64 = 1_700_000_000_000
        let socket = SocketPresence(
            speech: .envelope,
            since: 12,
            token: BotName("home"),
            consumer: "logger \"quoted\"",
            offset: 9
        )
        func reports(_ time: Int64 = now) async throws -> [[PresenceReport]] {
            try await store.reports(on: [first, second], now: time, eventLoop: eventLoop).get()
        }
        var faults: [String] = []
        func expect(_ isTrue: Bool, _ what: String) { if !isTrue { faults.append(what) } }

        let report = PresenceReport(node: "b", time: now, sockets: [socket, socket])
        store.post(
            PresenceReport(node: "b", time: now - 1, sockets: [socket]),
            of: here,
            on: first,
            eventLoop: eventLoop
        )
        store.post(report, of: here, on: first, eventLoop: eventLoop)
        let other = PresenceReport(node: "a", time: now, sockets: [socket])
        store.post(other, of: there, on: first, eventLoop: eventLoop)
        let found = try await reports()
        expect(found == [[other, report], []], "reports as they were put up, by node: \(found)")
        let later = try await reports(now + PresenceReport.lifetime)
        expect(later == [[], []], "a report that is not renewed does not count: \(later)")

        let crowd = PresenceReport(node: "c", time: now, sockets: Array(repeating: socket, count: 70))
        store.post(crowd, of: here, on: second, eventLoop: eventLoop)
        let crowded = try await reports()[1].first
        expect(crowded?.count == 70 && crowded?.sockets.count == PresenceReport.limit, "the others are counted")

        store.post(PresenceReport(node: "b", time: now, sockets: []), of: here, on: first, eventLoop: eventLoop)
        let left = try await reports()[0]
        expect(left == [other], "an empty report takes the place's away: \(left)")
        return faults
    }
}
