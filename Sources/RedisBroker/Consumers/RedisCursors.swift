// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Consumers' cursors in Redis. Any thread.
struct RedisCursors: Sendable {
    private let client: RedisClient
    private let scripts: RedisScripts
    private let lifetime: Int64

    /// - Parameter lifetime: how long the cursors of a channel are remembered, in milliseconds.
    init(client: RedisClient, lifetime: Int64) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.lifetime = lifetime
    }

    /// A consumer's cursor; nil where it has none.
    func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        let keys = ChannelKeys(channel)
        let command = RESPCommand("HGET", .string(keys.cursors), .string("c:\(consumer)"))
        return self.client.send(command, at: keys.place, on: eventLoop).flatMapThrowing { reply throws in
            if case .null = reply { return nil }
            guard let parts = reply.string?.split(separator: " "), parts.count == 2,
                let epoch = Epoch(String(parts[0])),
                let offset = UInt64(parts[1])
            else { throw BrokerError.refused }
            return Position(epoch: epoch, offset: offset)
        }
    }

    /// Moves a consumer's cursor.
    func move(
        _ consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let keys = ChannelKeys(channel)
        return self.scripts.run(.moveCursor, at: keys.place, on: eventLoop) { name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(3),
                .string(keys.meta),
                .string(keys.cursors),
                .string(keys.log),
                .string(consumer.text),
                .string(position.epoch.padded),
                .string("\(position.offset)"),
                .integer(ConsumerName.limit),
                .integer(Int(self.lifetime)),
                .string(Epoch.random().padded)
            )
        }.flatMapThrowing { reply throws in
            guard case .integer(1) = reply else { throw BrokerError.tooManyConsumers }
        }
    }
}
