// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Reads logs with the script `read`, with limited concurrency: after a reconnect every feed reads at once. Any thread.
final class LogReader: Sendable {
    /// What a read is asked for.
    struct Query: Sendable {
        var keys: ChannelKeys
        var after: Position?
        /// A feed's proof of its position; nil for a client's position.
        var time: UInt64?
        /// How many events, at most; 0 for the head only.
        var limit: Int
        /// Events older than this are skipped, in milliseconds.
        var age: Int64?
    }

    /// What a read found.
    struct Page: Sendable {
        var change: UnrecoverableReason?
        /// The messages begin after this.
        var start: Position
        var messages: [FeedMessage]
        var head: FeedMark
    }

    /// How many bytes of events a page has, at most; but always an event.
    private static let pageBytes = 512 << 10

    private let client: RedisClient
    private let scripts: RedisScripts
    private let queue: ReadQueue
    private let metaLifetime: Int64

    /// - Parameters:
    ///   - queue: where reads wait for their turn.
    ///   - metaLifetime: how long a channel's position is remembered after a read, in milliseconds.
    init(client: RedisClient, queue: ReadQueue, metaLifetime: Int64) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.queue = queue
        self.metaLifetime = metaLifetime
    }

    /// Reads a page. The number of waiting reads is bounded by the callers: a feed has one read at a time.
    ///
    /// - Returns: a future on `eventLoop` that fails with `BrokerError`, or with `RedisError` as Redis says it.
    func read(_ query: Query, on eventLoop: any EventLoop) -> EventLoopFuture<Page> {
        let place = query.keys.place
        return self.queue.run(at: self.client.node(at: place), isShort: query.limit == 0, on: eventLoop) {
            self.scripts.run(.read, at: place, on: eventLoop) { name, script in
                self.command(name, script, query)
            }.flatMapThrowing { reply throws in
                try Self.page(reply)
            }
        }
    }

    private func command(_ name: String, _ script: String, _ query: Query) -> RESPCommand {
        RESPCommand(
            name,
            .string(script),
            .integer(2),
            .string(query.keys.log),
            .string(query.keys.meta),
            .string(Epoch.random().padded),
            .string(query.after?.epoch.padded ?? ""),
            .string(query.after.map { "\($0.offset)" } ?? "0"),
            .string(query.time.map { "\($0)" } ?? ""),
            .integer(query.limit),
            .integer(Self.pageBytes),
            .integer(Int((query.age ?? 0) * 1_000)),
            .integer(Int(self.metaLifetime))
        ).patient
    }

    /// What the script answers.
    private static func page(_ reply: RESPValue) throws(BrokerError) -> Page {
        guard case .array(let parts) = reply, parts.count == 6, let status = parts[0].string,
            let epoch = parts[1].string.flatMap(Epoch.init), case .integer(let headOffset) = parts[2],
            let headTime = parts[3].string.flatMap({ UInt64($0) }), case .integer(let startOffset) = parts[4],
            case .array(let entries) = parts[5]
        else { throw .refused }
        let head = FeedMark(position: Position(epoch: epoch, offset: UInt64(clamping: headOffset)), time: headTime)
        return Page(
            change: status == "ok" ? nil : UnrecoverableReason(rawValue: status) ?? .epochChanged,
            start: Position(epoch: epoch, offset: UInt64(clamping: startOffset)),
            messages: try entries.map { entry throws(BrokerError) in try Self.message(entry, epoch: epoch) },
            head: head
        )
    }

    /// An entry of the stream: `<offset>-0`, and the fields t, time, e, event.
    private static func message(_ entry: RESPValue, epoch: Epoch) throws(BrokerError) -> FeedMessage {
        guard case .array(let parts) = entry, parts.count == 2,
            let offset = parts[0].string.flatMap({ UInt64($0.prefix { $0 != "-" }) }),
            FeedMessage.offsets.contains(offset),
            case .array(let fields) = parts[1], fields.count == 4,
            let time = fields[1].string.flatMap({ UInt64($0) }), case .bulk(let event) = fields[3]
        else { throw .refused }
        return FeedMessage(mark: FeedMark(position: Position(epoch: epoch, offset: offset), time: time), event: event)
    }
}
