// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// A Redis Cluster: the connections to its masters, which of them has which slot, and the way of commands and
/// subscriptions to the right one. Any thread.
///
/// A command goes to the node that has its slot, by the map that is known. Where that was wrong, the node says so, and the
/// command is sent on, for as long as a command may take; only where it is known not to have been executed. Subscriptions
/// follow the slots by the same map.
final class RedisCluster: Sendable {
    /// How often it looks what is to be done.
    private static let tick = TimeAmount.milliseconds(50)

    private struct State {
        var nodes = ClusterNodes()
        var refresh = SlotRefreshStateMachine()
        var waiting: WaitingCalls
        /// Why the last question for the slots had no answer.
        var trouble: String?
        var delegate: (any RedisSubscriptionDelegate)?
        var ticks: RepeatedTask?
        var question: EventLoopFuture<Void>?
        var isStarted = false
        var isEnded = false
    }

    private let configuration: RedisConfiguration
    private let group: any EventLoopGroup
    /// Where the map is asked for, and where it is decided what is subscribed where, in order.
    private let eventLoop: any EventLoop
    private let subscriptions: NIOLoopBoundBox<ClusterSubscriptions>
    private let metrics = ClusterMetrics()
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - configuration: how each node is reached, but for its address, and where the first are.
    ///   - group: each of its event loops gets a connection for commands to each master.
    init(configuration: RedisConfiguration, group: any EventLoopGroup, logger: Logger) {
        precondition(!configuration.seeds.isEmpty, "a cluster that nobody can be asked for")
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.eventLoop = group.next()
        self.subscriptions = NIOLoopBoundBox.makeBoxSendingValue(ClusterSubscriptions(), eventLoop: self.eventLoop)
        let waiting = WaitingCalls(
            limit: configuration.maximumPendingCommands,
            byteLimit: configuration.maximumPendingBytes
        )
        self.state = Mutex(State(waiting: waiting))
    }

    /// Sets who is told about subscriptions; held until `shutdown`. Before `start`.
    func setSubscriptionDelegate(_ delegate: any RedisSubscriptionDelegate) {
        self.state.withLock { $0.delegate = delegate }
    }

    /// Begins to connect; does nothing a second time.
    func start() {
        self.state.withLock { state in
            guard !state.isStarted, !state.isEnded else { return }
            state.isStarted = true
            state.ticks = self.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.tick) { _ in
                self.ticked()
            }
        }
    }

    /// Answers what is under way, within the commands' deadline, closes all connections and makes no more.
    func shutdown() async {
        let (nodes, waiting, ticks, question) = self.state.withLock { state in
            state.isEnded = true
            state.delegate = nil
            return (state.nodes.takeAll(), state.waiting.takeAll(), state.ticks.take(), state.question)
        }
        ticks?.cancel()
        for call in waiting { call.eventLoop.execute { call.completion(.failure(BrokerError.closed)) } }
        // It fails only where the event loop has been shut down already.
        try? await question?.get()
        await withTaskGroup(of: Void.self) { tasks in
            for node in nodes { tasks.addTask { await node.shutdown() } }
        }
    }

    // MARK: The nodes

    /// The masters that there are connections to.
    var masters: [RedisNode] { self.state.withLock { $0.nodes.masters.map(\.node) } }

    /// The node that has a place; nil while nobody is known to.
    func node(at place: RedisPlace) -> RedisNode? { self.state.withLock { $0.nodes.owner(of: place.slot)?.node } }

    /// Whether a slot went to another node less than a time ago, so that subscriptions may not be there again.
    func hasMoved(_ place: RedisPlace, within time: TimeAmount) -> Bool {
        self.state.withLock { $0.nodes.hasMoved(place.slot, within: time, now: .now()) }
    }

    /// The connections to a node, which are made where there are none. Under the lock.
    private func connect(_ endpoint: ClusterEndpoint, _ state: inout State) -> RedisNode? {
        guard !state.isEnded else { return nil }
        return state.nodes.node(at: endpoint, now: .now()) {
            let node = RedisNode(
                configuration: self.configuration(at: endpoint),
                group: self.group,
                logger: self.logger
            )
            node.setSubscriptionDelegate(ClusterNodeSubscriptions(of: endpoint, in: self))
            node.start()
            return node
        }
    }

    private func configuration(at endpoint: ClusterEndpoint) -> RedisConfiguration {
        var configuration = self.configuration
        configuration.url.address = .host(endpoint.host, port: endpoint.port)
        configuration.seeds = []
        configuration.clusterNode = endpoint
        return configuration
    }

    /// A node says that another one has a slot.
    private func moved(_ slot: UInt16, to endpoint: ClusterEndpoint) {
        let isNews = self.state.withLock { state in
            state.refresh.wanted()
            guard self.connect(endpoint, &state) != nil else { return false }
            return state.nodes.assign(slot, to: endpoint, now: .now())
        }
        if isNews { self.eventLoop.execute { self.subscriptionsFollow([slot]) } }
    }
}

// MARK: Commands

extension RedisCluster {
    /// Sends a command to the node that has a place.
    ///
    /// - Parameter completion: is called on `eventLoop`, and before this returns where the command fails at once, with
    ///   the errors of `RedisNode.send`. `.unavailable` also where the cluster did not serve the slot in time.
    func send(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop,
        isStored: Bool = false,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        let attempts = ClusterAttempts(now: .now(), patience: self.configuration.commandTimeout)
        self.sendToOwner(
            ClusterCall(
                command: command,
                place: place,
                eventLoop: eventLoop,
                completion: completion,
                attempts: attempts,
                isStored: isStored
            )
        )
    }

    private func sendToOwner(_ call: ClusterCall) {
        guard let (endpoint, node) = self.state.withLock({ $0.nodes.owner(of: call.place.slot) }), node.takesCommands
        else { return self.refused(call, .unreachable) }
        if call.isStored {
            node.store(call.command, on: call.eventLoop) { self.answered(call, by: endpoint, $0) }
        } else {
            node.send(call.command, on: call.eventLoop) { self.answered(call, by: endpoint, $0) }
        }
    }

    private func ask(_ call: ClusterCall, _ endpoint: ClusterEndpoint) {
        // A node that has just come is connected to by the time that its slot is asked once more.
        guard let node = self.state.withLock({ self.connect(endpoint, &$0) }), node.isConnected else {
            return self.refused(call, .unreachable)
        }
        node.ask(call.command, on: call.eventLoop) { self.answered(call, by: endpoint, $0) }
    }

    private func answered(_ call: ClusterCall, by endpoint: ClusterEndpoint, _ result: Result<RESPValue, any Error>) {
        guard case .failure(let error) = result else { return call.completion(result) }
        if let error = error as? RedisError, let refusal = ClusterRefusal(error, asked: endpoint) {
            return self.refused(call, refusal)
        }
        // It may have been executed: it is not sent again.
        if error is BrokerError { self.state.withLock { $0.refresh.wanted() } }
        call.completion(result)
    }

    /// A command was not executed.
    private func refused(_ call: ClusterCall, _ refusal: ClusterRefusal) {
        self.metrics.refused(refusal)
        var refusal = refusal
        // Who gets a slot waits for no replicas before it has it.
        if case .ask = refusal, call.isStored { refusal = .tryAgain }
        switch refusal {
        case .moved(let slot, let endpoint): self.moved(slot, to: endpoint)
        case .ask, .tryAgain: break
        case .down, .away, .unreachable: self.state.withLock { $0.refresh.wanted() }
        }
        var call = call
        var random = SystemRandomNumberGenerator()
        switch call.attempts.refused(refusal, now: .now(), using: &random) {
        case .sendToOwner: self.sendToOwner(call)
        case .ask(let endpoint): self.ask(call, endpoint)
        case .wait(let time): self.wait(time, call)
        case .giveUp: call.completion(.failure(BrokerError.unavailable))
        }
    }

    private func wait(_ time: TimeAmount, _ call: ClusterCall) {
        let number = self.state.withLock { state -> Result<UInt64, BrokerError> in
            if state.isEnded { return .failure(.closed) }
            return state.waiting.add(call).map { .success($0) } ?? .failure(.overloaded)
        }
        switch number {
        case .success(let number):
            call.eventLoop.scheduleTask(in: time) {
                guard let call = self.state.withLock({ $0.waiting.take(number) }) else { return }
                self.sendToOwner(call)
            }
        case .failure(let error):
            call.completion(.failure(error))
        }
    }
}

// MARK: The map of slots

extension RedisCluster {
    private func ticked() {
        let now = NIODeadline.now()
        let (retired, isAsking) = self.state.withLock { state -> ([RedisNode], Bool) in
            guard !state.isEnded else { return ([], false) }
            let isTroubled = state.nodes.masters.contains { $0.node.isTroubled(within: .zero) }
            if isTroubled || state.nodes.isDown { state.refresh.wanted() }
            let retired = state.nodes.tick(now: now)
            if !retired.isEmpty { self.metrics.nodeCount(state.nodes.count) }
            return (retired, state.refresh.tick(now: now))
        }
        for node in retired { Task { await node.shutdown() } }
        if isAsking { self.refresh() }
        let step = self.subscriptions.value.tick(now: now) { slot in self.owner(of: slot) }
        self.perform(step)
    }

    /// Asks for the map, one node after the other until one answers.
    private func refresh() {
        let (known, isEnded) = self.state.withLock { state in
            let masters = state.nodes.masters
            return (masters.map { ($0.endpoint, !$0.node.isTroubled(within: .zero)) }, state.isEnded)
        }
        guard !isEnded else { return }
        // Whoever works first, and never all nodes of a relay the same.
        let working = known.filter(\.1).map(\.0).shuffled()
        let seeds = self.configuration.seeds.shuffled().filter { !working.contains($0) }
        let others = known.filter { !$0.1 && !seeds.contains($0.0) }.map(\.0).shuffled()
        let candidates = working.prefix(3) + seeds.prefix(3) + others.prefix(1)
        let question = self.ask(candidates[...], fallback: nil)
        self.state.withLock { $0.question = question }
    }

    private func ask(
        _ candidates: ArraySlice<ClusterEndpoint>,
        fallback: (SlotAnswer, from: ClusterEndpoint)?
    ) -> EventLoopFuture<Void> {
        guard let endpoint = candidates.first, !self.state.withLock({ $0.isEnded }) else {
            if let fallback { self.learned(fallback.0, from: fallback.from) } else { self.finished(.failed) }
            return self.eventLoop.makeSucceededVoidFuture()
        }
        let promise = self.eventLoop.makePromise(of: Void.self)
        SlotQuery.run(self.configuration(at: endpoint), at: endpoint, on: self.eventLoop).whenComplete { result in
            switch result {
            // Who is cut off from the others thinks that they are down.
            case .success(let answer) where answer.isDown:
                promise.completeWith(self.ask(candidates.dropFirst(), fallback: fallback ?? (answer, endpoint)))
            case .success(let answer):
                self.learned(answer, from: endpoint)
                promise.succeed()
            case .failure(let error):
                self.failed(error, at: endpoint)
                promise.completeWith(self.ask(candidates.dropFirst(), fallback: fallback))
            }
        }
        return promise.futureResult
    }

    private func learned(_ answer: SlotAnswer, from endpoint: ClusterEndpoint) {
        let now = NIODeadline.now()
        let changes = self.state.withLock { state -> [UInt16] in
            guard !state.isEnded else { return [] }
            state.trouble = nil
            for master in answer.map.masters { _ = self.connect(master, &state) }
            let changes = state.nodes.apply(answer, now: now)
            self.metrics.nodeCount(state.nodes.count)
            return changes
        }
        if !changes.isEmpty {
            self.logger.notice(
                "the slots of the Redis cluster are known",
                metadata: [
                    "told_by": "\(endpoint)", "masters": "\(answer.map.masters.count)", "changed": "\(changes.count)",
                    "unserved": "\(answer.map.unassignedCount)",
                ]
            )
        }
        self.finished(changes.isEmpty ? .unchanged : .changed)
        self.subscriptionsFollow(changes)
    }

    private func failed(_ error: any Error, at endpoint: ClusterEndpoint) {
        let sentence = "\(endpoint): \(error)"
        let isNews = self.state.withLock { state in
            defer { state.trouble = sentence }
            return state.trouble != sentence
        }
        self.logger.log(
            level: isNews ? .warning : .debug,
            "a node of the Redis cluster does not say who has which slots",
            metadata: ["node": "\(endpoint)", "detail": "\(error)"]
        )
    }

    private func finished(_ outcome: SlotRefreshStateMachine.Outcome) {
        self.metrics.refreshed(outcome)
        var random = SystemRandomNumberGenerator()
        self.state.withLock { $0.refresh.finished(outcome, now: .now(), using: &random) }
    }
}

// MARK: Subscriptions

extension RedisCluster {
    /// Adds a Pub/Sub channel to what is subscribed, wherever its slot is.
    func subscribe(_ channel: String, at place: RedisPlace) {
        self.eventLoop.execute {
            let owner = self.owner(of: place.slot)
            self.perform(self.subscriptions.value.want(channel, slot: place.slot, owner: owner))
        }
    }

    /// Takes a Pub/Sub channel out of what is subscribed.
    func unsubscribe(_ channel: String, at place: RedisPlace) {
        self.eventLoop.execute { self.perform(self.subscriptions.value.unwant(channel, slot: place.slot)) }
    }

    private func owner(of slot: UInt16) -> ClusterEndpoint? {
        self.state.withLock { $0.nodes.owner(of: slot)?.endpoint }
    }

    /// Slots have other owners, by the map. On the event loop.
    private func subscriptionsFollow(_ slots: [UInt16]) {
        self.perform(self.subscriptions.value.moved(slots, now: .now()) { self.owner(of: $0) })
    }

    private func perform(_ step: ClusterSubscriptions.Step) {
        guard step != ClusterSubscriptions.Step() else { return }
        for (endpoint, channels) in step.unsubscribe { self.node(endpoint)?.unsubscribe(channels) }
        if !step.lost.isEmpty {
            self.delegate?.subscriptionsLost(step.lost, reason: RedisLossReason.slotMoved.rawValue)
        }
        for (endpoint, channels) in step.subscribe { self.node(endpoint)?.subscribe(channels) }
    }

    private func node(_ endpoint: ClusterEndpoint) -> RedisNode? {
        self.state.withLock { $0.nodes.node(at: endpoint) }
    }

    fileprivate var delegate: (any RedisSubscriptionDelegate)? { self.state.withLock { $0.delegate } }

    /// A node has confirmed a channel.
    fileprivate func subscribed(to channel: String, at endpoint: ClusterEndpoint) {
        let slot = HashSlot.ofKey(channel)
        self.eventLoop.execute {
            // What an earlier node of the slot said comes too late.
            guard self.subscriptions.value.isPlaced(channel, slot: slot, at: endpoint) else { return }
            self.delegate?.subscribed(to: channel)
        }
    }

    /// A node's subscription connection is lost, and with it these channels until it is made anew.
    fileprivate func subscriptionsLost(_ channels: Set<String>, reason: String, at endpoint: ClusterEndpoint) {
        self.eventLoop.execute {
            let lost = channels.filter {
                self.subscriptions.value.isPlaced($0, slot: HashSlot.ofKey($0), at: endpoint)
            }
            self.delegate?.subscriptionsLost(lost, reason: reason)
        }
    }

    /// A node does not serve channels of a slot.
    fileprivate func dropped(_ channels: [String], _ drop: ShardDrop, at endpoint: ClusterEndpoint) {
        self.eventLoop.execute {
            let now = NIODeadline.now()
            switch drop {
            case .moved(let slot, let owner):
                self.moved(slot, to: owner)
            case .gone, .refused:
                self.state.withLock { $0.refresh.wanted() }
            }
            self.perform(self.subscriptions.value.dropped(slot: drop.slot, at: endpoint, now: now))
        }
    }
}

/// What the subscription connection of one node brings, on its way to who takes what all bring.
private final class ClusterNodeSubscriptions: RedisSubscriptionDelegate {
    private let endpoint: ClusterEndpoint
    private let cluster: RedisCluster

    init(of endpoint: ClusterEndpoint, in cluster: RedisCluster) {
        self.endpoint = endpoint
        self.cluster = cluster
    }

    func subscribed(to channel: String) {
        self.cluster.subscribed(to: channel, at: self.endpoint)
    }

    func message(on channel: String, payload: ByteBuffer) {
        // At once: what comes before its `subscribed` is read from the log.
        self.cluster.delegate?.message(on: channel, payload: payload)
    }

    func subscriptionsLost(_ channels: Set<String>, reason: String) {
        self.cluster.subscriptionsLost(channels, reason: reason, at: self.endpoint)
    }

    func dropped(_ channels: [String], _ drop: ShardDrop) {
        self.cluster.dropped(channels, drop, at: self.endpoint)
    }
}

// MARK: Health

extension RedisCluster {
    /// Whether commands can be sent, at most two seconds behind the truth.
    var commandHealth: BrokerHealth {
        self.state.withLock { $0.nodes.health(trouble: $0.trouble) { $0.commandHealth } }
    }

    /// Whether the subscription connections stand and all that was wanted of them has been subscribed again.
    var subscriptionHealth: BrokerHealth {
        self.state.withLock { $0.nodes.health(trouble: $0.trouble) { $0.subscriptionHealth } }
    }

    /// Whether commands can be sent to who has a place.
    func commandHealth(at place: RedisPlace) -> BrokerHealth {
        if let node = self.node(at: place) { return node.commandHealth }
        let health = self.commandHealth
        return health == .ready ? .unavailable("Nobody in the Redis cluster serves the slot.") : health
    }
}
