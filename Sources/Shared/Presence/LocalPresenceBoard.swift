// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// The board of a node that is alone: in its memory, as much as there are connections.
public final class LocalPresenceBoard: PresenceBoard {
    private let sheets = Mutex<[ChannelID: [NodeID: PresenceSheet]]>([:])

    public init() {}

    public func post(_ sheet: PresenceSheet, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {
        self.sheets.withLock { sheets in
            sheets[channel, default: [:]][place] = sheet.count == 0 ? nil : sheet
            if sheets[channel]?.isEmpty == true { sheets[channel] = nil }
        }
    }

    public func sheets(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceSheet]]> {
        eventLoop.makeSucceededFuture(
            self.sheets.withLock { sheets in
                channels.map { channel in
                    sheets[channel].map { $0.values.filter { $0.isCurrent(at: now) }.sorted { $0.node < $1.node } }
                        ?? []
                }
            }
        )
    }
}
