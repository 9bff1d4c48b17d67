// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared
internal import Synchronization

/// Limits concurrent requests to the platform; an eighth of the places is reserved for token requests, without which a
/// bot can do nothing. Other requests may wait for a place, first come, first served. Any thread.
final class QQPlaces: Sendable {
    /// A place among the concurrent requests, held until deallocated.
    final class Place: Sendable {
        private let places: QQPlaces
        private let address: IPAddress?

        fileprivate init(_ places: QQPlaces, of address: IPAddress? = nil) {
            self.places = places
            self.address = address
        }

        deinit {
            self.places.giveBack(of: self.address)
        }
    }

    /// What a place is wanted for.
    enum Purpose {
        /// A bot's token.
        case token
        /// A request whose duration depends on the client, or that can wait.
        case other
    }

    private struct Waiter {
        var number: UInt64
        var promise: EventLoopPromise<Place>
    }

    private struct State {
        var taken = 0
        /// How many of them each client address has taken.
        var takenByAddress: [IPAddress: Int] = [:]
        /// In arrival order; not empty only while all unreserved places are taken.
        var waiters: Deque<Waiter> = []
        var lastNumber: UInt64 = 0
    }

    /// How many requests may be in flight.
    let count: Int
    /// How many may be taken for a non-token request to get one.
    private let countOfOthers: Int
    /// How many one client address may take.
    private let countOfAddress: Int
    private let state = Mutex(State())

    /// - Parameter count: how many places there are; with fewer than eight none is reserved for tokens.
    init(count: Int) {
        self.count = count
        self.countOfOthers = count - count / 8
        self.countOfAddress = max(self.countOfOthers / 8, 1)
    }

    /// How many wait for a place.
    var waiterCount: Int { self.state.withLock { $0.waiters.count } }

    /// Takes a place, if one is free now.
    ///
    /// - Parameter address: the client's, which may take an eighth of the places: sending slowly is all it needs to
    ///   hold one. Nil where it is not known whose the request is, as behind a proxy that is not trusted.
    func take(for purpose: Purpose, of address: IPAddress? = nil) -> Place? {
        let limit = purpose == .token ? self.count : self.countOfOthers
        let isTaken = self.state.withLock { state in
            guard state.taken < limit else { return false }
            if let address {
                guard state.takenByAddress[address, default: 0] < self.countOfAddress else { return false }
                state.takenByAddress[address, default: 0] += 1
            }
            state.taken += 1
            return true
        }
        return isTaken ? Place(self, of: address) : nil
    }

    /// Takes a place for a non-token request, now or when one is free.
    ///
    /// - Returns: a future on `eventLoop`; fails with `QQRefusal.upstreamBusy` where none was free by the deadline.
    func take(by deadline: NIODeadline, on eventLoop: any EventLoop) -> EventLoopFuture<Place> {
        let promise = eventLoop.makePromise(of: Place.self)
        let number = self.state.withLock { state -> UInt64? in
            guard state.taken >= self.countOfOthers else {
                state.taken += 1
                return nil
            }
            state.lastNumber += 1
            state.waiters.append(Waiter(number: state.lastNumber, promise: promise))
            return state.lastNumber
        }
        guard let number else {
            promise.succeed(Place(self))
            return promise.futureResult
        }
        let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(number) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    /// A place is free: it goes to the next waiter, if any.
    private func giveBack(of address: IPAddress?) {
        let next = self.state.withLock { state -> EventLoopPromise<Place>? in
            state.taken -= 1
            if let address, let count = state.takenByAddress[address] {
                state.takenByAddress[address] = count > 1 ? count - 1 : nil
            }
            guard state.taken < self.countOfOthers, let waiter = state.waiters.popFirst() else { return nil }
            state.taken += 1
            return waiter.promise
        }
        next?.succeed(Place(self))
    }

    /// A waiter has timed out.
    private func giveUp(_ number: UInt64) {
        let promise = self.state.withLock { state -> EventLoopPromise<Place>? in
            // Waiters time out roughly in arrival order, so that the search is short.
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index).promise
        }
        promise?.fail(QQRefusal.upstreamBusy)
    }
}
