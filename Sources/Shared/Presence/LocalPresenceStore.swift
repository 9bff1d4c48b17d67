// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// The presence store of a single node, in memory: its size is bounded by the number of connections.
public final class LocalPresenceStore: PresenceStore {
    private let reports = Mutex<[ChannelID: [NodeID: PresenceReport]]>([:])

    public init() {}

    public func post(_ report: PresenceReport, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {
        self.reports.withLock { reports in
            reports[channel, default: [:]][place] = report.count == 0 ? nil : report
            if reports[channel]?.isEmpty == true { reports[channel] = nil }
        }
    }

    public func reports(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceReport]]> {
        eventLoop.makeSucceededFuture(
            self.reports.withLock { reports in
                channels.map { channel in
                    reports[channel].map { $0.values.filter { $0.isCurrent(at: now) }.sorted { $0.node < $1.node } }
                        ?? []
                }
            }
        )
    }
}
