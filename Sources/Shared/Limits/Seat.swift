// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// Limits a bot's sockets. Any thread.
public protocol SeatStore: Sendable {
    /// Takes a seat of a channel's bot.
    ///
    /// - Parameters:
    ///   - limit: how many seats there are on all nodes together.
    ///   - eventLoop: where the future completes.
    /// - Returns: nil if all are taken; fails with `BrokerError` where the store cannot be asked.
    func takeSeat(on channel: ChannelID, limit: Int, eventLoop: any EventLoop) -> EventLoopFuture<Seat?>
}

/// A seat, taken until it is given back or deallocated, whichever comes first. Any thread.
public final class Seat: Sendable {
    private let isGivenBack = Atomic<Bool>(false)
    private let release: @Sendable () -> Void

    /// - Parameter release: called once.
    public init(_ release: @escaping @Sendable () -> Void) {
        self.release = release
    }

    deinit {
        self.giveBack()
    }

    /// Gives it back. Idempotent.
    public func giveBack() {
        guard !self.isGivenBack.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.release()
    }
}
