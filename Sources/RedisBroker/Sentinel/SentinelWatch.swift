// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// Polls the sentinels for the address of a Redis, and reports when it has moved: at once if they announce a failover,
/// and within a second if the announcement is missed. Any thread.
final class SentinelWatch: RedisLocator {
    private let eventLoop: any EventLoop
    private let core: NIOLoopBoundBox<SentinelCore>

    /// - Parameters:
    ///   - configuration: the Redis', whose patience is also that with the sentinels.
    ///   - eventLoop: has the connections to the sentinels: two to each of them.
    init(_ url: SentinelURL, configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        let core = SentinelCore(url, configuration: configuration, eventLoop: eventLoop, logger: logger)
        self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: eventLoop)
    }

    /// Begins to ask.
    ///
    /// - Parameter moved: called with Redis' address each time it changes. On the watch's event loop.
    func start(moved: @escaping @Sendable (RedisURL.Address) -> Void) {
        self.eventLoop.execute { self.core.value.start(watch: self, moved: moved) }
    }

    func locate(on eventLoop: any EventLoop) -> EventLoopFuture<RedisURL.Address> {
        let promise = eventLoop.makePromise(of: RedisURL.Address.self)
        self.eventLoop.execute { self.core.value.locate(promise) }
        return promise.futureResult
    }

    /// Stops polling. Pending look-ups get no answer.
    func shutdown() async {
        let core = self.core
        // It fails only where the event loop has been shut down already.
        try? await self.eventLoop.flatSubmit { core.value.stop() }.get()
    }
}

extension SentinelWatch: RedisSubscriptionDelegate {
    func subscribed(to channel: String) {}

    func message(on channel: String, payload: ByteBuffer) {
        self.core.value.heard(payload)
    }

    func subscriptionsLost(_ channels: Set<String>, reason: String) {}
}

/// The watch's state, confined to its event loop.
private final class SentinelCore {
    /// How often the sentinels are asked, whatever they announce.
    private static let pause = TimeAmount.seconds(1)

    private struct Sentinel {
        var lane: RedisCommandLane
        var status: RedisStatus
        var news: RedisSubscriptions
    }

    private let master: String
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let sentinels: [Sentinel]
    private var machine: SentinelStateMachine
    private var waiting: [EventLoopPromise<RedisURL.Address>] = []
    private var moved: (@Sendable (RedisURL.Address) -> Void)?
    private var polling: Scheduled<Void>?
    private var isStopped = false
    /// Whether news came while the sentinels were being asked.
    private var asksAgain = false

    init(_ url: SentinelURL, configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.master = url.master
        self.eventLoop = eventLoop
        self.logger = logger
        self.machine = SentinelStateMachine(count: url.sentinels.count)
        self.sentinels = url.sentinels.map { url in
            var configuration = configuration
            configuration.url = url
            configuration.role = .sentinel
            var logger = logger
            logger[metadataKey: "redis"] = "sentinel \(url.address)"
            let status = RedisStatus()
            let lane = RedisCommandLane(
                configuration: configuration,
                eventLoop: eventLoop,
                status: status,
                logger: logger
            )
            let news = RedisSubscriptions(
                configuration: configuration,
                eventLoop: eventLoop,
                status: RedisStatus(),
                logger: logger
            )
            return Sentinel(lane: lane, status: status, news: news)
        }
    }

    func start(watch: SentinelWatch, moved: @escaping @Sendable (RedisURL.Address) -> Void) {
        guard self.moved == nil, !self.isStopped else { return }
        self.moved = moved
        for sentinel in self.sentinels {
            sentinel.news.subscribe([SentinelQuestion.news])
            sentinel.news.start(delegate: watch)
            sentinel.lane.start()
        }
        self.poll()
    }

    private func poll() {
        self.polling = self.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.ask()
            self.poll()
        }
    }

    func locate(_ promise: EventLoopPromise<RedisURL.Address>) {
        if self.isStopped { return promise.fail(RedisLoss(.shutdown)) }
        self.waiting.append(promise)
        self.ask()
    }

    /// Something was announced: what, the sentinels are asked.
    func heard(_ payload: ByteBuffer) {
        guard SentinelQuestion.isNews(payload, of: self.master) else { return }
        self.asksAgain = true
        self.ask()
    }

    private func ask() {
        guard !self.isStopped, case .ask(let round) = self.machine.askRequested() else { return }
        self.asksAgain = false
        for index in self.sentinels.indices { self.ask(index, in: round) }
    }

    private func ask(_ index: Int, in round: Int) {
        let sentinel = self.sentinels[index]
        let replies = NIOLoopBoundBox<Result<RESPValue, any Error>?>(nil, eventLoop: self.eventLoop)
        let core = NIOLoopBound(self, eventLoop: self.eventLoop)
        let (lane, status) = (sentinel.lane, sentinel.status)
        lane.send(SentinelQuestion.status(of: self.master), to: RedisReceiver { replies.value = $0 })
        lane.send(
            SentinelQuestion.address(of: self.master),
            to: RedisReceiver { address in
                let answer = SentinelQuestion.answer(
                    status: replies.value ?? .failure(BrokerError.unavailable),
                    address: address,
                    state: status.current
                )
                core.value.answered(answer, by: index, in: round)
            }
        )
    }

    private func answered(_ answer: SentinelStateMachine.Answer, by index: Int, in round: Int) {
        let outcome = self.machine.answered(answer, by: index, in: round, now: .now())
        if let address = outcome.move {
            self.logger.notice("the sentinels say where Redis is", metadata: ["address": "\(address)"])
            self.moved?(address)
        }
        guard let conclusion = outcome.conclusion else { return }
        let waiting = self.waiting
        self.waiting = []
        for promise in waiting { promise.completeWith(conclusion.mapError { $0 }) }
        if self.asksAgain { self.ask() }
    }

    func stop() -> EventLoopFuture<Void> {
        self.isStopped = true
        self.polling.take()?.cancel()
        self.moved = nil
        let waiting = self.waiting
        self.waiting = []
        for promise in waiting { promise.fail(RedisLoss(.shutdown)) }
        let ended = self.sentinels.flatMap { [$0.lane.stop(), $0.news.stop()] }
        return EventLoopFuture.andAllComplete(ended, on: self.eventLoop)
    }
}

@available(*, unavailable)
extension SentinelCore: Sendable {}
