// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// Limits sockets per address, and the rate of new sockets on this node. Any thread.
final class SocketGate: Sendable {
    private let limits: SocketLimits
    private let now: @Sendable () -> NIODeadline
    private let addresses = LocalSeats<IPAddress>()
    private let openings: Mutex<TokenBucket?>

    /// - Returns: nil where there is no limit.
    init?(limits: SocketLimits, now: @escaping @Sendable () -> NIODeadline = NIODeadline.now) {
        guard !limits.isNone else { return nil }
        self.limits = limits
        self.now = now
        self.openings = Mutex(limits.new.map { TokenBucket($0, now: now()) })
    }

    /// Admits a socket whose request is authorized.
    ///
    /// - Returns: the seat to hold for the life of the socket's connection.
    /// - Throws: the problem if it is refused.
    func enter(_ request: HTTPRequest) throws(Problem) -> Seat? {
        var seat: Seat?
        if let limit = self.limits.perAddress, let address = request.clientAddress.key {
            seat = self.addresses.take(address, limit: limit)
            guard seat != nil else { throw Self.refusal(.addressSockets, retryAfter: .seconds(5)) }
        }
        if case .refused(let time) = self.openings.withLock({ $0?.decide(now: self.now()) }) {
            throw Self.refusal(.newSockets, retryAfter: time)
        }
        return seat
    }

    private static func refusal(_ refusal: LimitRefusal, retryAfter: TimeAmount) -> Problem {
        refusal.count()
        return refusal.problem(retryAfter: retryAfter)
    }
}
