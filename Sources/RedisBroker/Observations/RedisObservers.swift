// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// Observations between nodes, over Pub/Sub: `hw:{p}:<channel>:notes`. Nothing is stored.
///
/// Nodes with observers announce the observed channels every few seconds, on one Pub/Sub channel that all nodes
/// subscribe to. So a node knows which channels are observed, and publishes nothing for others. Any thread.
final class RedisObservers: Sendable {
    /// The Pub/Sub channel of announcements: observed channels, separated by spaces.
    static let calls = "hw:observed"
    private static let callPlace = RedisPlace(single: RedisObservers.calls)
    /// How many channels a message names, at most.
    private static let callSize = 256
    /// The interval of announcements, and how long they are valid.
    static let pause = TimeAmount.seconds(2)
    private static let lifetime = TimeAmount.seconds(7)
    /// The most channels that are tracked as observed.
    private static let limit = 4_096

    /// How long a new observer waits for an unreachable Redis.
    private static let timeout = TimeAmount.seconds(10)

    private struct State {
        /// Observers waiting for a channel's subscription, by number.
        var opening: [String: [UInt64: EventLoopPromise<Void>]] = [:]
        var lastNumber: UInt64 = 0
        var channels: [String: ChannelID] = [:]
        var isEnded = false
    }

    private let client: RedisClient
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let observers = LocalObservers()
    private let budget = Mutex(ObservationBudget(now: .now()))
    private let state = Mutex(State())
    /// Until when each channel counts as observed.
    private let calls = Mutex<[ChannelID: NIODeadline]>([:])
    private let callCount = Atomic<Int>(0)

    /// - Parameter eventLoop: whose connection is used.
    init(client: RedisClient, eventLoop: any EventLoop, logger: Logger) {
        self.client = client
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Subscribes to the announcements.
    func start() {
        self.client.subscribeAnywhere(Self.calls, at: Self.callPlace)
    }

    // MARK: Telling

    func report(on channel: ChannelID, _ make: () -> Observation) {
        guard self.isObserved(channel), self.budget.withLock({ $0.take(on: channel, now: .now()) }) else { return }
        let observation = make()
        guard observation.json.readableBytes <= Observation.limit else { return }
        let keys = ChannelKeys(channel)
        self.ignore(
            self.client.send(self.message(observation.encoded, on: keys.notes), at: keys.place, on: self.eventLoop)
        )
    }

    func isObserved(_ channel: ChannelID) -> Bool {
        guard self.callCount.load(ordering: .relaxed) > 0 else { return self.observers.isObserved(channel) }
        return self.calls.withLock { $0[channel].map { $0 > .now() } } ?? self.observers.isObserved(channel)
    }

    private func message(_ bytes: ByteBuffer, on name: String) -> RESPCommand {
        RESPCommand(self.client.pushCommand, .string(name), .buffer(bytes))
    }

    private func ignore(_ reply: EventLoopFuture<RESPValue>) {
        reply.whenFailure { error in
            self.logger.trace("nobody could be told what was seen", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Looking on

    func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        let keys = ChannelKeys(channel)
        let promise = eventLoop.makePromise(of: Void.self)
        // First of all, so that another observer's end no longer unsubscribes the channel.
        let subscription = self.observers.add(
            receiver,
            to: channel,
            ended: { [weak self] in self?.ended(keys) }
        )
        let number = self.state.withLock { state -> UInt64? in
            guard !state.isEnded else { return nil }
            state.lastNumber += 1
            state.opening[keys.notes, default: [:]][state.lastNumber] = promise
            state.channels[keys.notes] = channel
            return state.lastNumber
        }
        guard let number else {
            promise.fail(BrokerError.closed)
            return promise.futureResult.map { subscription }
        }
        let deadline = eventLoop.scheduleTask(in: Self.timeout) { self.giveUp(number, on: keys) }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        // Repeated even if it is subscribed already: Redis confirms each time.
        self.client.subscribe(keys.notes, at: keys.place)
        self.call([channel][...])
        return promise.futureResult.map { subscription }
    }

    /// The channel was not subscribed in time. The failed future drops the subscription, which unsubscribes it from
    /// Redis.
    private func giveUp(_ number: UInt64, on keys: ChannelKeys) {
        let promise = self.state.withLock { state in
            let promise = state.opening[keys.notes]?.removeValue(forKey: number)
            if state.opening[keys.notes]?.isEmpty == true { state.opening[keys.notes] = nil }
            return promise
        }
        promise?.fail(BrokerError.unavailable)
    }

    private func ended(_ keys: ChannelKeys) {
        self.client.unsubscribe(keys.notes, at: keys.place)
        let opening = self.state.withLock { state in
            state.channels[keys.notes] = nil
            return state.opening.removeValue(forKey: keys.notes) ?? [:]
        }
        for promise in opening.values { promise.fail(BrokerError.closed) }
    }

    /// Repeats the announcements, and drops expired ones. Called every `pause`.
    func tick() {
        var channels = self.observers.channels[...]
        while !channels.isEmpty {
            self.call(channels.prefix(Self.callSize))
            channels = channels.dropFirst(Self.callSize)
        }
        guard self.callCount.load(ordering: .relaxed) > 0 else { return }
        let now = NIODeadline.now()
        self.calls.withLock { calls in
            calls = calls.filter { $0.value > now }
            self.callCount.store(calls.count, ordering: .relaxed)
        }
    }

    private func call(_ channels: ArraySlice<ChannelID>) {
        let names = ByteBuffer(string: channels.map(\.description).joined(separator: " "))
        self.ignore(
            self.client.publishAnywhere(self.message(names, on: Self.calls), at: Self.callPlace, on: self.eventLoop)
        )
    }

    // MARK: From Redis

    /// A subscription is on; whether it is one of these.
    func subscribed(to name: String) -> Bool {
        if name == Self.calls { return true }
        guard ChannelKeys.isNotes(name) else { return false }
        let opening = self.state.withLock { $0.opening.removeValue(forKey: name) } ?? [:]
        for promise in opening.values { promise.succeed() }
        return true
    }

    /// Something was pushed; whether it was for these.
    func pushed(on name: String, payload: ByteBuffer) -> Bool {
        if name == Self.calls {
            self.called(payload)
            return true
        }
        guard ChannelKeys.isNotes(name) else { return false }
        if let channel = self.state.withLock({ $0.channels[name] }), let observation = Observation(encoded: payload) {
            self.observers.tell(observation, on: channel)
        }
        return true
    }

    private func called(_ payload: ByteBuffer) {
        let channels = String(buffer: payload).split(separator: " ").prefix(Self.callSize).compactMap {
            ChannelID(String($0))
        }
        let end = NIODeadline.now() + Self.lifetime
        self.calls.withLock { calls in
            for channel in channels where calls.count < Self.limit || calls[channel] != nil { calls[channel] = end }
            self.callCount.store(calls.count, ordering: .relaxed)
        }
    }

    /// Ends all.
    func end() {
        let opening = self.state.withLock { state in
            state.isEnded = true
            defer { state.opening = [:] }
            return state.opening.values.flatMap { $0.values }
        }
        for promise in opening { promise.fail(BrokerError.closed) }
        self.observers.end()
    }
}
