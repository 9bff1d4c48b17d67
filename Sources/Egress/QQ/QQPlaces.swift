// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Synchronization

/// The places of the requests to the platform: so many may be under way at once, and an eighth of them is for tokens alone,
/// without which a bot can do nothing. Who has the time may wait for one of the others, and is given a freed one in the
/// order of coming. Any thread.
final class QQPlaces: Sendable {
    /// A place among the requests under way, until nobody holds it any more.
    final class Place: Sendable {
        private let places: QQPlaces

        fileprivate init(_ places: QQPlaces) {
            self.places = places
        }

        deinit {
            self.places.giveBack()
        }
    }

    /// What a place is wanted for.
    enum Purpose {
        /// A bot's token.
        case token
        /// Whatever may take as long as a client likes to send and to read, or can wait.
        case other
    }

    private struct Waiter {
        var number: UInt64
        var promise: EventLoopPromise<Place>
    }

    private struct State {
        var taken = 0
        /// In the order of coming; some only where all places that are not for tokens are taken.
        var waiters: Deque<Waiter> = []
        var lastNumber: UInt64 = 0
    }

    /// How many requests may be under way at once.
    let count: Int
    /// How many may be taken when one is given to what is no token.
    private let countOfOthers: Int
    private let state = Mutex(State())

    /// - Parameter count: how many places there are; none is kept for tokens where there are fewer than eight.
    init(count: Int) {
        self.count = count
        self.countOfOthers = count - count / 8
    }

    /// How many wait for a place.
    var waiterCount: Int { self.state.withLock { $0.waiters.count } }

    /// Takes a place, if one is free now.
    func take(for purpose: Purpose) -> Place? {
        let limit = purpose == .token ? self.count : self.countOfOthers
        let isTaken = self.state.withLock { state in
            guard state.taken < limit else { return false }
            state.taken += 1
            return true
        }
        return isTaken ? Place(self) : nil
    }

    /// Takes a place for what is no token, now or when one is free.
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

    /// A place is free: it is the next one's, or anybody's.
    private func giveBack() {
        let next = self.state.withLock { state -> EventLoopPromise<Place>? in
            state.taken -= 1
            guard state.taken < self.countOfOthers, let waiter = state.waiters.popFirst() else { return nil }
            state.taken += 1
            return waiter.promise
        }
        next?.succeed(Place(self))
    }

    /// The time of one who waits is over.
    private func giveUp(_ number: UInt64) {
        let promise = self.state.withLock { state -> EventLoopPromise<Place>? in
            // Who came first gives up first, so that it is found at once.
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index).promise
        }
        promise?.fail(QQRefusal.upstreamBusy)
    }
}
