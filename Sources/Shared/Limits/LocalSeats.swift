// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// Counts seats per key within one process. Stores only keys with taken seats. Any thread.
public final class LocalSeats<Key: Hashable & Sendable>: Sendable {
    private let taken = Mutex<[Key: Int]>([:])

    public init() {}

    /// Takes a seat; nil if `limit` are taken.
    public func take(_ key: Key, limit: Int) -> Seat? {
        let isTaken = self.taken.withLock { taken in
            let count = taken[key] ?? 0
            guard count < limit else { return false }
            taken[key] = count + 1
            return true
        }
        guard isTaken else { return nil }
        return Seat { [weak self] in self?.giveBack(key) }
    }

    /// How many seats a key has taken.
    public func count(of key: Key) -> Int { self.taken.withLock { $0[key] ?? 0 } }

    private func giveBack(_ key: Key) {
        self.taken.withLock { taken in
            let count = (taken[key] ?? 0) - 1
            taken[key] = count > 0 ? count : nil
        }
    }
}

extension LocalSeats: SeatStore where Key == ChannelID {
    public func takeSeat(on channel: ChannelID, limit: Int, eventLoop: any EventLoop) -> EventLoopFuture<Seat?> {
        eventLoop.makeSucceededFuture(self.take(channel, limit: limit))
    }
}
