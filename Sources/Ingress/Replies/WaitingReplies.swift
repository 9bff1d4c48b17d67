// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import NIOCore
internal import Shared
internal import Synchronization

/// The requests of a node that wait for their bots' replies, whatever event loop they are on. Any thread.
final class WaitingReplies: ReplyReceiver {
    /// A waiter's promise completes on its own event loop.
    private typealias Requests = WaitingRequests<EventLoopPromise<WaitEnd>>
    typealias Key = WaitingRequests<EventLoopPromise<WaitEnd>>.Key

    /// A waiting request's place.
    struct Place: Sendable {
        /// Its reply token.
        var token: ReplyToken
        fileprivate var number: UInt64
        /// Completes on the request's event loop, and never fails.
        var end: EventLoopFuture<WaitEnd>
    }

    /// The decision on a request.
    enum EnterResult {
        /// It waits, until then; publish its event.
        case opened(Place, until: NIODeadline)
        /// It waits together with an earlier duplicate, whose event is published.
        case joined(Place)
        /// An earlier duplicate got this response.
        case answered(HTTPResponse)
        /// It cannot wait: its time is up, too many wait, or the node is stopping.
        case refused(WaitOutcome)
    }

    private struct State {
        var requests = Requests()
        var timers: [ReplyToken: Scheduled<Void>] = [:]
        /// The end of all waits, whatever their own deadlines: the end of the drain time, or now.
        var end = NIODeadline.distantFuture
        /// Succeed when no request waits any more.
        var idle: [EventLoopPromise<Void>] = []

        /// Lets no request wait from now on.
        mutating func close() { self.end = .uptimeNanoseconds(0) }
    }

    /// The name of this node in its tokens.
    let node: NodeID
    private let state = Mutex(State())
    /// A monotonic clock.
    let now: @Sendable () -> NIODeadline
    private let outcomes: [ReplyOutcome: Counter]
    private let gauge = Meter(label: "hookwire_requests_waiting")

    /// Creates it with no waiting requests.
    ///
    /// - Parameter now: a monotonic clock.
    init(node: NodeID = .random(), now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.node = node
        self.now = now
        self.outcomes = Dictionary(
            uniqueKeysWithValues: ReplyOutcome.allCases.map {
                ($0, Counter(label: "hookwire_replies_received_total", dimensions: [("outcome", $0.rawValue)]))
            }
        )
    }

    /// How many different requests wait.
    var count: Int { self.state.withLock { $0.requests.count } }

    // MARK: A request

    /// Lets a request wait.
    ///
    /// - Parameters:
    ///   - key: the duplicate key that a repetition of the request shares.
    ///   - form: what a reply becomes.
    ///   - deadline: when it is answered without a reply at the latest, by `now`.
    ///   - fallback: its answer should the time be up before its event is stored.
    ///   - eventLoop: the request's own.
    func enter(
        key: Key?,
        form: any ReplyForm,
        deadline: NIODeadline,
        fallback: HTTPResponse,
        on eventLoop: any EventLoop
    ) -> EnterResult {
        let token = ReplyToken.random(node: self.node)
        let now = self.now()
        let promise = eventLoop.makePromise(of: WaitEnd.self)
        let (result, end) = self.state.withLock { state -> (Requests.EnterResult?, NIODeadline) in
            let end = min(deadline, state.end)
            guard now < end else { return (nil, end) }
            let result = state.requests.enter(
                promise,
                token: token,
                key: key,
                form: form,
                fallback: fallback,
                now: now
            )
            return (result, end)
        }
        switch result {
        case .opened(let number):
            self.gauge.increment()
            self.setTimer(for: token, at: end, end < deadline ? .draining : .deadline, on: eventLoop)
            return .opened(Place(token: token, number: number, end: promise.futureResult), until: end)
        case .joined(let first, let number):
            return .joined(Place(token: first, number: number, end: promise.futureResult))
        case .answered(let response):
            promise.succeed(WaitEnd(outcome: .replied, response: response))
            return .answered(response)
        case .full, nil:
            let outcome: WaitOutcome = result != nil ? .tooMany : now < deadline ? .draining : .deadline
            promise.succeed(WaitEnd(outcome: outcome, response: fallback))
            return .refused(outcome)
        }
    }

    /// A request's event is in the log: without a reply it is acknowledged from now on.
    func stored(_ token: ReplyToken, fallback: HTTPResponse) {
        let now = self.now()
        let left = self.change(token) { $0.stored(token, fallback: fallback, now: now) }
        self.end(left, .clientGone, fallback)
    }

    /// A request's event could not be stored: it is answered so that the platform sends it again.
    func notStored(_ token: ReplyToken, response: HTTPResponse) {
        let waiters = self.change(token) { $0.forget(token) }
        self.end(waiters, .notStored, response)
    }

    /// Answers a request without a reply.
    func giveUp(_ token: ReplyToken, _ outcome: WaitOutcome) {
        let now = self.now()
        guard let end = self.change(token, { $0.giveUp(token, now: now) }) else { return }
        self.end(end.waiters, end.isStored ? outcome : .notStored, end.response)
    }

    /// The sender of a request no longer waits for the reply.
    func leave(_ place: Place) {
        let now = self.now()
        let left = self.change(place.token) { $0.leave(place.token, number: place.number, now: now) }
        guard let left else { return }
        left.waiter.succeed(WaitEnd(outcome: .clientGone, response: left.response))
    }

    // MARK: A reply

    func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome {
        let outcome = self.take(reply, for: token)
        self.outcomes[outcome]?.increment()
        return outcome
    }

    private func take(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome {
        let now = self.now()
        switch self.state.withLock({ $0.requests.standing(of: token, now: now) }) {
        case .closed(let outcome):
            return outcome
        case .waiting(let form):
            // Outside the lock: it may encrypt a megabyte.
            guard let response = form.response(to: reply).map({ ReplyPolicy.confine($0) }) else { return .unfit }
            if let waiters = self.change(token, { $0.reply(token, response, now: now) }) {
                self.end(waiters, .replied, response)
                return .accepted
            }
            // Another reply was quicker.
            guard case .closed(let outcome) = self.state.withLock({ $0.requests.standing(of: token, now: now) }) else {
                preconditionFailure("a wait that is over does not begin again")
            }
            return outcome
        }
    }

    // MARK: The node's end

    /// Limits all waits to this time from now on: requests that still wait then are answered without a reply.
    func beginDrain(within time: TimeAmount, on eventLoop: any EventLoop) {
        let end = self.now() + time
        self.state.withLock { $0.end = end }
        // Earlier requests may have later deadlines.
        eventLoop.scheduleTask(deadline: end) {
            let tokens = self.state.withLock { $0.requests.waitingTokens }
            for token in tokens {
                self.giveUp(token, .draining)
            }
        }
    }

    /// Returns when no request waits, at the latest at the end of `beginDrain`'s time. From then on none may wait.
    func endDrain(on eventLoop: any EventLoop) async {
        let idle = eventLoop.makePromise(of: Void.self)
        let isIdle = self.state.withLock { state in
            let isIdle = state.requests.count == 0
            if isIdle { state.close() } else { state.idle.append(idle) }
            return isIdle
        }
        if isIdle { idle.succeed() }
        // The promise is only ever succeeded.
        try? await idle.futureResult.get()
    }

    // MARK: Change

    /// Changes the requests; where that ends a token's wait, its timer ends too.
    private func change<Result: Sendable>(
        _ token: ReplyToken,
        _ change: @Sendable (inout Requests) -> Result
    ) -> Result {
        let (result, timer, ended, idle) = self.state.withLock { state in
            let before = state.requests.count
            let result = change(&state.requests)
            let ended = state.requests.count < before
            var idle: [EventLoopPromise<Void>] = []
            if ended, state.requests.count == 0, !state.idle.isEmpty {
                swap(&idle, &state.idle)
                state.close()
            }
            return (result, ended ? state.timers.removeValue(forKey: token) : nil, ended, idle)
        }
        if ended { self.gauge.decrement() }
        timer?.cancel()
        for promise in idle {
            promise.succeed()
        }
        return result
    }

    private func setTimer(
        for token: ReplyToken,
        at end: NIODeadline,
        _ outcome: WaitOutcome,
        on eventLoop: any EventLoop
    ) {
        let timer = eventLoop.scheduleTask(deadline: end) { self.giveUp(token, outcome) }
        let isWaiting = self.state.withLock { state in
            guard state.requests.isWaiting(token) else { return false }
            state.timers[token] = timer
            return true
        }
        if !isWaiting { timer.cancel() }
    }

    private func end(_ waiters: [EventLoopPromise<WaitEnd>], _ outcome: WaitOutcome, _ response: HTTPResponse) {
        for waiter in waiters {
            waiter.succeed(WaitEnd(outcome: outcome, response: response))
        }
    }
}
