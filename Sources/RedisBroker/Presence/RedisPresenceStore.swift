// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The store of all nodes, in Redis: `hw:{p}:<channel>:present`, a hash with a report of each event loop that has
/// connections of the channel. Any thread.
struct RedisPresenceStore: PresenceStore {
    private static let timeLength = 13

    let client: RedisClient
    private let scripts: RedisScripts

    init(client: RedisClient) {
        self.client = client
        self.scripts = RedisScripts(client: client)
    }

    func post(_ report: PresenceReport, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop) {
        let keys = ChannelKeys(channel)
        let content = report.count == 0 ? [] : report.json
        // What is not told now is told with the next renewal.
        self.scripts.run(.postPresence, at: keys.place, on: eventLoop) { name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(1),
                .string(keys.present),
                .hexadecimal(place.rawValue),
                .integer(Int(report.time)),
                .bytes(content),
                .integer(Int(PresenceReport.lifetime))
            )
        }.whenComplete { _ in }
    }

    func reports(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceReport]]> {
        EventLoopFuture.whenAllSucceed(
            channels.map { channel in
                let keys = ChannelKeys(channel)
                return self.client.send(RESPCommand("HVALS", .string(keys.present)), at: keys.place, on: eventLoop)
                    .flatMapThrowing { reply throws in
                        guard case .array(let values) = reply else { throw BrokerError.refused }
                        return values.compactMap { Self.report($0) }.filter { $0.isCurrent(at: now) }
                            .sorted { $0.node < $1.node }
                    }
            },
            on: eventLoop
        )
    }

    private static func report(_ value: RESPValue) -> PresenceReport? {
        guard case .bulk(let bytes) = value, bytes.readableBytes > self.timeLength else { return nil }
        return bytes.withUnsafeReadableBytes { text in
            PresenceReport(json: UnsafeRawBufferPointer(rebasing: text[(self.timeLength + 1)...]))
        }
    }
}
