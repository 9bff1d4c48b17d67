// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// The replies that this node sends, until each one's outcome is known. Any thread.
final class ReplyAsks: Sendable {
    /// A reply in flight.
    private struct Ask {
        var promise: EventLoopPromise<ReplyOutcome>
        /// Until it is sent.
        var unsent: Unsent?
    }

    private struct Unsent {
        var command: RESPCommand
        var place: RedisPlace
        var eventLoop: any EventLoop
    }

    private struct State {
        var machine = ReplyAskStateMachine()
        var asks: [UInt64: Ask] = [:]
    }

    /// How long to wait before a reply without subscribers is resent.
    private static let pause = TimeAmount.milliseconds(100)

    private let asker = ReplyAsker.random()
    /// The channel of their outcomes.
    private let outcomes: ReplyChannel
    private let client: RedisClient
    private let timeout: TimeAmount
    private let state = Mutex(State())

    /// - Parameter timeout: how long an outcome may take.
    init(client: RedisClient, timeout: TimeAmount) {
        self.client = client
        self.timeout = timeout
        self.outcomes = .outcomes(self.asker)
    }

    /// Sends a reply to another node.
    ///
    /// - Returns: a future on `eventLoop`.
    func reply(_ reply: Reply, to token: ReplyToken, on eventLoop: any EventLoop) -> EventLoopFuture<ReplyOutcome> {
        let promise = eventLoop.makePromise(of: ReplyOutcome.self)
        // From a cryptographic generator: no other user of the Redis can guess it and answer in the node's name.
        let number = UInt64.random(in: 0...UInt64.max)
        let head = ReplyMessage.head(asker: self.asker, number: number, token: token)
        let body = ReplyEncoding.encode(reply)
        let inbox = ReplyChannel.inbox(token.node)
        let command = RESPCommand(self.client.pushCommand, .string(inbox.name), .joined(head, body))
        let action = self.state.withLock { state -> ReplyAskStateMachine.AskAction in
            let action = state.machine.asked(number, bytes: head.readableBytes + body.readableBytes)
            switch action {
            case .send:
                state.asks[number] = Ask(promise: promise)
            case .wait, .subscribe:
                state.asks[number] = Ask(
                    promise: promise,
                    unsent: Unsent(command: command, place: inbox.place, eventLoop: eventLoop)
                )
            case .refuse, .closed:
                break
            }
            return action
        }
        switch action {
        case .refuse:
            promise.fail(BrokerError.overloaded)
            return promise.futureResult
        case .closed:
            promise.fail(BrokerError.closed)
            return promise.futureResult
        case .subscribe:
            self.client.subscribeAnywhere(self.outcomes.name, at: self.outcomes.place)
        case .send:
            self.send(command, at: inbox.place, number: number, on: eventLoop)
        case .wait:
            break
        }
        let deadline = eventLoop.scheduleTask(in: self.timeout) { self.deadlineReached(number) }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }

    private func send(_ command: RESPCommand, at place: RedisPlace, number: UInt64, on eventLoop: any EventLoop) {
        // A node whose connection was lost subscribes again within moments.
        let patience = NIODeadline.now() + .nanoseconds(self.timeout.nanoseconds / 4)
        self.send(command, at: place, number: number, patience: patience, on: eventLoop)
    }

    /// - Parameter patience: until when it is resent if there are no subscribers.
    private func send(
        _ command: RESPCommand,
        at place: RedisPlace,
        number: UInt64,
        patience: NIODeadline,
        on eventLoop: any EventLoop
    ) {
        self.client.publishAnywhere(command, at: place, on: eventLoop).whenComplete { result in
            switch result {
            case .success(.integer(let receivers)):
                guard receivers == 0 else { break }
                if .now() + Self.pause < patience {
                    eventLoop.scheduleTask(in: Self.pause) {
                        guard self.state.withLock({ $0.asks[number] != nil }) else { return }
                        self.send(command, at: place, number: number, patience: patience, on: eventLoop)
                    }
                    break
                }
                // No subscribers: the node is gone, and is not waited for; or it has not followed its slot yet.
                let isMoving = self.client.hasMoved(place, within: .seconds(5))
                self.finish(number, isMoving ? .failure(.unavailable) : .success(.unknown))
            case .success:
                self.finish(number, .failure(.refused))
            case .failure(let error):
                self.finish(number, .failure(BrokerError(error)))
            }
        }
    }

    private func finish(_ number: UInt64, _ result: Result<ReplyOutcome, BrokerError>) {
        let ask = self.state.withLock { state -> Ask? in
            guard state.machine.finished(number) else { return nil }
            return state.asks.removeValue(forKey: number)
        }
        ask?.promise.completeWith(result.mapError { $0 })
    }

    private func deadlineReached(_ number: UInt64) {
        let (action, ask) = self.state.withLock { state in
            (state.machine.deadlineReached(number), state.asks.removeValue(forKey: number))
        }
        switch action {
        case .ignore: break
        case .noAnswer: ask?.promise.fail(BrokerError.timeout)
        case .notSent: ask?.promise.fail(BrokerError.unavailable)
        }
    }

    // MARK: From Redis

    /// Whether outcomes on this channel are this node's.
    func isAsker(_ asker: ReplyAsker) -> Bool { asker == self.asker }

    /// The subscription of the outcomes is on.
    func subscribed() {
        let unsent = self.state.withLock { state in
            state.machine.subscribed().compactMap { number in
                state.asks[number]?.unsent.take().map { (number, $0) }
            }
        }
        for (number, unsent) in unsent {
            self.send(unsent.command, at: unsent.place, number: number, on: unsent.eventLoop)
        }
    }

    /// The subscriptions of these names are lost, and perhaps the outcomes of what was sent with them.
    ///
    /// - Parameter hasOthers: whether outcomes come by another Redis from now on.
    func subscriptionsLost(_ names: Set<String>, hasOthers: Bool = false) {
        guard names.contains(self.outcomes.name) else { return }
        self.fail(.timeout) { $0.subscriptionLost() }
        if hasOthers { self.subscribed() }
    }

    /// The outcome of a reply has arrived.
    func heard(_ message: OutcomeMessage) {
        self.finish(message.number, .success(message.outcome))
    }

    /// Stops sending; replies in flight fail.
    func end() {
        self.fail(.closed) { $0.end() }
    }

    private func fail(_ error: BrokerError, _ numbers: (inout ReplyAskStateMachine) -> [UInt64]) {
        let asks = self.state.withLock { state in
            numbers(&state.machine).compactMap { state.asks.removeValue(forKey: $0) }
        }
        for ask in asks { ask.promise.fail(error) }
    }
}
