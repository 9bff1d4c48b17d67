// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Data that belongs to no channel (replies between nodes, announcements of observers, access tokens) must not depend
/// on a single one of several independent Redis, whose loss would affect all bots. It normally uses its own one, and
/// another one while that is unreachable.
extension RedisClient {
    /// The Redis to try in turn: that of the place first, but those that are known to be away last.
    private func nodesInTurn(at place: RedisPlace) -> [RedisNode] {
        let first = JumpHash.bucket(of: place.hash, count: self.servers.count)
        let turn = self.servers[first...] + self.servers[..<first]
        return turn.filter(\.isConnected) + turn.filter { !$0.isConnected }
    }

    /// Subscribes a Pub/Sub channel at each Redis that `publishAnywhere` may use. The delegate is notified for each.
    func subscribeAnywhere(_ channel: String, at place: RedisPlace) {
        guard self.servers.count > 1 else { return self.subscribe(channel, at: place) }
        for node in self.servers { node.subscribe([channel]) }
    }

    /// Ends that.
    func unsubscribeAnywhere(_ channel: String, at place: RedisPlace) {
        guard self.servers.count > 1 else { return self.unsubscribe(channel, at: place) }
        for node in self.servers { node.unsubscribe([channel]) }
    }

    /// Publishes on the first Redis that works and has subscribers.
    ///
    /// - Parameter command: `pushCommand`.
    /// - Returns: a future on `eventLoop`, as for `send`; 0 if there are no subscribers anywhere.
    func publishAnywhere(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        guard self.servers.count > 1 else { return self.send(command, at: place, on: eventLoop) }
        return self.ask(self.nodesInTurn(at: place)[...], on: eventLoop, command) { $0 == .integer(0) }
    }

    /// Stores something small on two of several Redis, so that it is available while one is unreachable.
    ///
    /// - Returns: a future on `eventLoop`, which fails where neither could be asked.
    func storeTwice(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        guard self.servers.count > 1 else { return self.send(command, at: place, on: eventLoop) }
        let stored = self.nodesInTurn(at: place).prefix(2).map { $0.send(command, on: eventLoop) }
        return stored[0].flatMapError { _ in stored[1] }
    }

    /// Reads what `storeTwice` stored.
    func readAnywhere(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RESPValue> {
        guard self.servers.count > 1 else { return self.send(command, at: place, on: eventLoop) }
        return self.ask(self.nodesInTurn(at: place)[...], on: eventLoop, command) { $0 == .null }
    }

    /// Asks one after the other until one has something: it fails as the first one, where none has and that failed.
    private func ask(
        _ nodes: ArraySlice<RedisNode>,
        on eventLoop: any EventLoop,
        _ command: RESPCommand,
        isNothing: @escaping @Sendable (RESPValue) -> Bool
    ) -> EventLoopFuture<RESPValue> {
        guard let node = nodes.first else { return eventLoop.makeFailedFuture(BrokerError.unavailable) }
        let rest = nodes.dropFirst()
        return node.send(command, on: eventLoop).flatMap { reply in
            guard isNothing(reply), !rest.isEmpty else { return eventLoop.makeSucceededFuture(reply) }
            return self.ask(rest, on: eventLoop, command, isNothing: isNothing).flatMapErrorThrowing { _ in reply }
        }.flatMapError { error in
            // What timed out may have been done.
            guard error as? BrokerError == .unavailable, !rest.isEmpty else { return eventLoop.makeFailedFuture(error) }
            return self.ask(rest, on: eventLoop, command, isNothing: isNothing).flatMapThrowing { reply in
                // Nothing elsewhere is no proof that there is nothing at the one that is away.
                if isNothing(reply) { throw error }
                return reply
            }
        }
    }
}
