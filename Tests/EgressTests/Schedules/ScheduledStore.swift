// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Synchronization

/// The store of a schedule: a broker in memory with a clock of its own, which answers after a while, loses the connection of
/// its feeds, and loses its memory.
final class ScheduledStore: ForwardingBroker {
    private struct State {
        var memory: MemoryBroker
        var feeds: [Relay] = []
        var isCut = false
    }

    private let configuration: MemoryBrokerConfiguration
    private let delay: TimeAmount
    private let clock = Atomic<Int64>(1_000_000)
    private let state: Mutex<State>

    init(configuration: MemoryBrokerConfiguration, delay: TimeAmount) {
        self.configuration = configuration
        self.delay = delay
        self.state = Mutex(State(memory: MemoryBroker(configuration: configuration, now: { 0 })))
        self.state.withLock { $0.memory = self.makeMemory() }
    }

    private func makeMemory() -> MemoryBroker {
        MemoryBroker(configuration: self.configuration) { [unowned self] in self.now }
    }

    var base: any Broker { self.state.withLock { $0.memory } }

    /// In milliseconds.
    var now: Int64 { self.clock.load(ordering: .relaxed) }

    func advance(by milliseconds: Int64) {
        self.clock.wrappingAdd(milliseconds, ordering: .relaxed)
    }

    // MARK: Answers after a while

    private func later<Value: Sendable>(_ answer: EventLoopFuture<Value>) -> EventLoopFuture<Value> {
        guard self.delay > .zero else { return answer }
        return answer.eventLoop.flatScheduleTask(in: self.delay) { answer }.futureResult
    }

    func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        let relay = Relay(channel: channel, receiver: receiver, isCut: self.isCut, loop: eventLoop, store: self)
        self.state.withLock { $0.feeds.append(relay) }
        relay.begin(on: self.base)
        return self.later(eventLoop.makeSucceededFuture(relay))
    }

    func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        self.later(self.base.log(channel, after: position, limit: limit, on: eventLoop))
    }

    func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        self.later(self.base.cursor(of: consumer, on: channel, eventLoop: eventLoop))
    }

    func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        self.later(self.base.moveCursor(of: consumer, on: channel, to: position, eventLoop: eventLoop))
    }

    // MARK: Faults

    var isCut: Bool { self.state.withLock { $0.isCut } }

    /// From here the feeds are deaf.
    func cut() {
        self.state.withLock { $0.isCut = true }
        for feed in self.feeds { feed.cut() }
    }

    /// The feeds hear again, and take from the log what they missed.
    ///
    /// - Returns: what the log did not have any more: behind the first position, up to the second.
    func mend() -> [(after: Position, upTo: Position)] {
        self.state.withLock { $0.isCut = false }
        return self.feeds.compactMap { $0.mend(from: self.base) }
    }

    /// The log is gone, and the feeds learn it.
    func loseMemory() {
        self.state.withLock { $0.memory = self.makeMemory() }
        for feed in self.feeds { feed.begin(on: self.base) }
        _ = self.mend()
    }

    /// The node that feeds has crashed.
    func forgetFeeds() {
        for feed in self.feeds { feed.cancel() }
    }

    private var feeds: [Relay] { self.state.withLock { $0.feeds } }

    fileprivate func remove(_ relay: Relay) {
        self.state.withLock { state in state.feeds.removeAll { $0 === relay } }
    }
}

/// A feed that can be deaf for a while.
private final class Relay: FeedReceiver, FeedSubscription {
    private struct State {
        var start: Position?
        var last: Position?
        var isCut: Bool
        var upstream: (any FeedSubscription)?
    }

    private let channel: ChannelID
    private let receiver: any FeedReceiver
    private let loop: any EventLoop
    private let store: ScheduledStore
    private let state: Mutex<State>

    init(channel: ChannelID, receiver: any FeedReceiver, isCut: Bool, loop: any EventLoop, store: ScheduledStore) {
        self.channel = channel
        self.receiver = receiver
        self.loop = loop
        self.store = store
        self.state = Mutex(State(isCut: isCut))
    }

    var start: Position {
        guard let start = self.state.withLock({ $0.start }) else { preconditionFailure("it has begun") }
        return start
    }

    /// Feeds on a broker, the first or another one.
    func begin(on broker: any Broker) {
        self.state.withLock { $0.upstream.take() }?.cancel()
        guard let upstream = try? broker.feed(self.channel, to: self, on: self.loop).wait() else { return }
        self.state.withLock { state in
            state.upstream = upstream
            if state.start == nil {
                state.start = upstream.start
                state.last = upstream.start
            }
        }
    }

    func receive(_ entry: LogEntry) -> FeedPressure? {
        let isDeaf = self.state.withLock { state in
            if !state.isCut { state.last = entry.position }
            return state.isCut
        }
        return isDeaf ? nil : self.receiver.receive(entry)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.receiver.interrupted(reason, head: head)
    }

    func cut() {
        self.state.withLock { $0.isCut = true }
    }

    func mend(from broker: any Broker) -> (after: Position, upTo: Position)? {
        let last = self.state.withLock { state in
            state.isCut = false
            return state.last
        }
        guard let last, let page = try? broker.log(self.channel, after: last, limit: .max, on: self.loop).wait() else {
            return nil
        }
        switch page {
        case .entries(let entries, _):
            for entry in entries { _ = self.receive(entry) }
            return nil
        case .notRecoverable(let reason, let head):
            self.state.withLock { $0.last = head }
            self.receiver.interrupted(reason, head: head)
            return (last, head)
        }
    }

    func cancel() {
        self.state.withLock { $0.upstream.take() }?.cancel()
        self.store.remove(self)
    }
}
