// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// A channel's feed on this node: executes the actions of its `FeedStateMachine` for all receivers of the channel.
///
/// Any thread. Its lock is held while receivers are called, so that they are called one at a time and in order, and not
/// after they have been removed; it is never held while promises are completed or commands are sent.
final class RedisFeed: Sendable {
    typealias Machine = FeedStateMachine<FeedMessage>

    private struct Receiver {
        var number: UInt64
        var receiver: any FeedReceiver
    }

    private struct Starting {
        var number: UInt64
        var promise: EventLoopPromise<Position>
    }

    private struct State {
        var machine = Machine()
        var receivers: [Receiver] = []
        var starting: [Starting] = []
        var lastNumber: UInt64 = 0
        var failedReads = 0
        var isEnded = false
    }

    /// Effects to run after the lock is released.
    private enum Effect {
        case started(Position, [Starting])
        case read(after: FeedMark?, CatchUpCause, Machine.Read)
        case wait(for: [EventLoopFuture<Void>])
    }

    /// How many events a page of the log has at most.
    private static let pageLimit = 128

    let keys: ChannelKeys
    private let reader: LogReader
    private let eventLoop: any EventLoop
    private let metrics: RedisBrokerMetrics
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter eventLoop: where its timers and its reads' answers run.
    init(
        keys: ChannelKeys,
        reader: LogReader,
        eventLoop: any EventLoop,
        metrics: RedisBrokerMetrics,
        logger: Logger
    ) {
        self.keys = keys
        self.reader = reader
        self.eventLoop = eventLoop
        self.metrics = metrics
        self.logger = logger
    }

    // MARK: Receivers

    /// Adds a receiver.
    ///
    /// - Returns: its number and a future of its start on `eventLoop`; nil where the feed has ended.
    func add(
        _ receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> (number: UInt64, start: EventLoopFuture<Position>)? {
        self.state.withLock { state -> (number: UInt64, start: EventLoopFuture<Position>)? in
            guard !state.isEnded else { return nil }
            state.lastNumber += 1
            let number = state.lastNumber
            state.receivers.append(Receiver(number: number, receiver: receiver))
            if let position = state.machine.position {
                return (number, eventLoop.makeSucceededFuture(position))
            }
            let promise = eventLoop.makePromise(of: Position.self)
            state.starting.append(Starting(number: number, promise: promise))
            return (number, promise.futureResult)
        }
    }

    /// Removes a receiver that has begun; it is not called any more.
    ///
    /// - Returns: whether it was the last one: the feed has ended then.
    func remove(_ number: UInt64) -> Bool {
        self.state.withLock { state in
            let count = state.receivers.count
            state.receivers.removeAll { $0.number == number }
            let isLast = state.receivers.isEmpty && count > 0
            state.isEnded = state.isEnded || isLast
            return isLast
        }
    }

    /// Removes a receiver whose start timed out. One that has started stays, even if its caller's loop has not been
    /// notified yet.
    ///
    /// - Returns: whether it was the last one: the feed has ended then.
    func expire(_ number: UInt64) -> Bool {
        let (isEnded, starting) = self.state.withLock { state -> (Bool, Starting?) in
            guard let index = state.starting.firstIndex(where: { $0.number == number }) else { return (false, nil) }
            let starting = state.starting.remove(at: index)
            state.receivers.removeAll { $0.number == number }
            state.isEnded = state.isEnded || state.receivers.isEmpty
            return (state.receivers.isEmpty, starting)
        }
        starting?.promise.fail(BrokerError.unavailable)
        return isEnded
    }

    /// Ends the feed with all its receivers.
    func end(failing error: BrokerError) {
        let starting = self.state.withLock { state in
            defer { state = State(isEnded: true) }
            return state.starting
        }
        for starting in starting { starting.promise.fail(error) }
    }

    // MARK: What happens

    /// Redis has confirmed the subscription.
    func subscribed() {
        self.update { $0.machine.subscribed() }
    }

    /// The subscription is lost.
    func subscriptionLost() {
        self.update { $0.machine.subscriptionLost() }
    }

    /// An event was pushed.
    func pushed(_ message: FeedMessage) {
        self.update { $0.machine.pushed(message) }
    }

    /// It is this feed's turn to check for missed events.
    func checkDue() {
        self.update { $0.machine.checkDue() }
    }

    private func update(_ change: (inout State) -> Void) {
        let effects = self.state.withLock { state in
            guard !state.isEnded else { return [Effect]() }
            change(&state)
            return self.run(&state)
        }
        for effect in effects { self.perform(effect) }
    }

    // MARK: What is done

    /// Executes the machine's actions, as far as possible under the lock.
    private func run(_ state: inout State) -> [Effect] {
        var effects: [Effect] = []
        while let action = state.machine.next() {
            switch action {
            case .deliver(let message):
                let pressure = self.deliver(message, to: state.receivers)
                if !pressure.isEmpty {
                    state.machine.pause()
                    effects.append(.wait(for: pressure))
                }
            case .interrupt(let reason, let head):
                self.interrupt(reason, head: head, state.receivers)
            case .start(let position):
                effects.append(.started(position, state.starting))
                state.starting = []
            case .read(let mark, let cause, let read):
                effects.append(.read(after: mark, cause, read))
            }
        }
        return effects
    }

    private func deliver(_ message: FeedMessage, to receivers: [Receiver]) -> [EventLoopFuture<Void>] {
        guard let bytes = message.event else { preconditionFailure("the news of an event is not delivered") }
        do {
            let entry = LogEntry(position: message.mark.position, event: try EventEncoding.decode(bytes))
            return receivers.compactMap {
                guard case .behind(let caughtUp)? = $0.receiver.receive(entry) else { return nil }
                return caughtUp
            }
        } catch {
            // It is lost to the receivers, and announced as such.
            self.metrics.undecodable(error)
            self.logger.error(
                "an event cannot be delivered",
                metadata: ["error": "\(error)", "feed": "\(self.keys.feed)"]
            )
            self.interrupt(.trimmed, head: message.mark.position, receivers)
            return []
        }
    }

    private func interrupt(_ reason: UnrecoverableReason, head: Position, _ receivers: [Receiver]) {
        self.metrics.interrupted(reason)
        self.logger.notice(
            "events were lost, and the feed goes on behind them",
            metadata: ["feed": "\(self.keys.feed)", "reason": "\(reason.rawValue)", "position": "\(head)"]
        )
        for receiver in receivers { receiver.receiver.interrupted(reason, head: head) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .started(let position, let starting):
            for starting in starting { starting.promise.succeed(position) }
        case .wait(let pressure):
            EventLoopFuture.whenAllComplete(pressure, on: self.eventLoop).whenComplete { _ in
                self.update { $0.machine.resume() }
            }
        case .read(let mark, let cause, let read):
            self.metrics.caughtUp(cause)
            let query = LogReader.Query(
                keys: self.keys,
                after: mark?.position,
                time: mark?.time,
                limit: mark == nil ? 0 : Self.pageLimit
            )
            self.reader.read(query, on: self.eventLoop).whenComplete { self.finish(read, $0) }
        }
    }

    private func finish(_ read: Machine.Read, _ result: Result<LogReader.Page, any Error>) {
        switch result {
        case .success(let page):
            self.metrics.recovered(page.messages.count)
            self.update { state in
                state.failedReads = 0
                state.machine.pageRead(
                    Machine.Page(change: page.change, start: page.start, elements: page.messages, head: page.head),
                    for: read
                )
            }
        case .failure(let error):
            self.logger.debug("a log cannot be read now", metadata: ["feed": "\(self.keys.feed)", "error": "\(error)"])
            let delay = self.state.withLock { state -> TimeAmount? in
                guard !state.isEnded, state.machine.readFailed(read) else { return nil }
                state.failedReads += 1
                return Self.backoff(state.failedReads)
            }
            guard let delay, BrokerError(error) != .closed else { return }
            self.eventLoop.scheduleTask(in: delay) { self.update { $0.machine.retryDue() } }
        }
    }

    /// 50 ms to 2 s, doubling, with up to 50% jitter.
    private static func backoff(_ failures: Int) -> TimeAmount {
        let milliseconds = min(2_000, 50 << min(failures - 1, 6))
        return .milliseconds(Int64(milliseconds + Int.random(in: 0...milliseconds / 2)))
    }
}
