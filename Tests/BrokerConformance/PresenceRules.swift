// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import Shared

/// What every board of presence keeps to.
public enum PresenceRules {
    /// Sheets are of their place and channel; a later one takes the place of the one before, an empty one takes it away,
    /// and one that is not renewed no longer counts.
    public static func check(_ board: any PresenceBoard, on eventLoop: any EventLoop) async throws -> [String] {
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
        func sheets(_ time: Int64 = now) async throws -> [[PresenceSheet]] {
            try await board.sheets(on: [first, second], now: time, eventLoop: eventLoop).get()
        }
        var faults: [String] = []
        func expect(_ isTrue: Bool, _ what: String) { if !isTrue { faults.append(what) } }

        let sheet = PresenceSheet(node: "b", time: now, sockets: [socket, socket])
        board.post(
            PresenceSheet(node: "b", time: now - 1, sockets: [socket]),
            of: here,
            on: first,
            eventLoop: eventLoop
        )
        board.post(sheet, of: here, on: first, eventLoop: eventLoop)
        let other = PresenceSheet(node: "a", time: now, sockets: [socket])
        board.post(other, of: there, on: first, eventLoop: eventLoop)
        let found = try await sheets()
        expect(found == [[other, sheet], []], "sheets as they were put up, by node: \(found)")
        let later = try await sheets(now + PresenceSheet.lifetime)
        expect(later == [[], []], "a sheet that is not renewed does not count: \(later)")

        let crowd = PresenceSheet(node: "c", time: now, sockets: Array(repeating: socket, count: 70))
        board.post(crowd, of: here, on: second, eventLoop: eventLoop)
        let crowded = try await sheets()[1].first
        expect(crowded?.count == 70 && crowded?.sockets.count == PresenceSheet.limit, "the others are counted")

        board.post(PresenceSheet(node: "b", time: now, sockets: []), of: here, on: first, eventLoop: eventLoop)
        let left = try await sheets()[0]
        expect(left == [other], "an empty sheet takes the place's away: \(left)")
        return faults
    }
}
