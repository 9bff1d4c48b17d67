// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// A Redis Cluster: connects to its masters, keeps the slot map, and routes commands and subscriptions to the right
/// node. Any thread.
///
/// A command goes to its slot's owner by the current map. If the node redirects it, it is resent until its deadline,
/// but only if it is known not to have been executed. Subscriptions follow the same map.
final class RedisCluster: Sendable {
    /// The interval of its timer.
    private static let pause = TimeAmount.milliseconds(50)

    struct State {
        var nodes = ClusterNodes()
        var refresh = SlotRefreshStateMachine()
        var waiting: WaitingCalls
        /// Why the last slot-map request failed.
        var trouble: String?
        var delegate: (any RedisSubscriptionDelegate)?
        var ticks: RepeatedTask?
        var question: EventLoopFuture<Void>?
        var isStarted = false
        var isEnded = false
    }

    let configuration: RedisConfiguration
    private let group: any EventLoopGroup
    /// The loop where the map is requested and subscriptions are assigned, serialized.
    let eventLoop: any EventLoop
    let subscriptions: NIOLoopBoundBox<ClusterSubscriptions>
    let metrics = ClusterMetrics()
    let logger: Logger
    let state: Mutex<State>

    /// - Parameters:
    ///   - configuration: how to connect to each node, without its address, and the seed nodes.
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

    /// Sets the subscription delegate, retained until `shutdown`. Call before `start`.
    func setSubscriptionDelegate(_ delegate: any RedisSubscriptionDelegate) {
        self.state.withLock { $0.delegate = delegate }
    }

    /// Starts connecting. Idempotent.
    func start() {
        self.state.withLock { state in
            guard !state.isStarted, !state.isEnded else { return }
            state.isStarted = true
            state.ticks = self.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pause) { _ in
                self.ticked()
            }
        }
    }

    /// Finishes commands in flight, within their deadline, closes all connections and opens no more.
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

    /// The connected masters.
    var masters: [RedisNode] { self.state.withLock { $0.nodes.masters.map(\.node) } }

    /// The owner of a place; nil if unknown.
    func node(at place: RedisPlace) -> RedisNode? { self.node(atSlot: place.slot) }

    /// The owner of a slot; nil if unknown.
    func node(atSlot slot: UInt16) -> RedisNode? { self.state.withLock { $0.nodes.owner(of: slot)?.node } }

    /// Whether a slot has moved within a time, so that its subscriptions may not be restored yet.
    func hasMoved(_ place: RedisPlace, within time: TimeAmount) -> Bool {
        self.state.withLock { $0.nodes.hasMoved(place.slot, within: time, now: .now()) }
    }

    /// The connections to a node, created if there are none. Under the lock.
    func connect(_ endpoint: ClusterEndpoint, _ state: inout State) -> RedisNode? {
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

    func configuration(at endpoint: ClusterEndpoint) -> RedisConfiguration {
        var configuration = self.configuration
        configuration.url.address = .host(endpoint.host, port: endpoint.port)
        configuration.seeds = []
        configuration.clusterNode = endpoint
        return configuration
    }

    /// A node says that another one has a slot.
    func moved(_ slot: UInt16, to endpoint: ClusterEndpoint) {
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
    /// Sends a command to the owner of a place.
    ///
    /// - Parameter completion: is called on `eventLoop`, and before this returns where the command fails at once, with
    ///   the errors of `RedisNode.send`. `.unavailable` also if the slot stayed down for too long.
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
        // A new node is connected by the time of the retry.
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
        // It may have been executed: it is not resent.
        if error is BrokerError { self.state.withLock { $0.refresh.wanted() } }
        call.completion(result)
    }

    /// A command was not executed.
    private func refused(_ call: ClusterCall, _ refusal: ClusterRefusal) {
        self.metrics.refused(refusal)
        var refusal = refusal
        // An importing node does not wait for replicas before it owns the slot.
        if case .ask = refusal, call.isStored, self.configuration.wait != nil { refusal = .tryAgain }
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

// MARK: Health

extension RedisCluster {
    /// Whether commands can be sent, at most two seconds stale.
    var commandHealth: BrokerHealth {
        self.state.withLock { $0.nodes.health(trouble: $0.trouble) { $0.commandHealth } }
    }

    /// Whether the subscription connections are up and all wanted channels are subscribed.
    var subscriptionHealth: BrokerHealth {
        self.state.withLock { $0.nodes.health(trouble: $0.trouble) { $0.subscriptionHealth } }
    }

    /// Whether commands can be sent to the owner of a place.
    func commandHealth(at place: RedisPlace) -> BrokerHealth {
        if let node = self.node(at: place) { return node.commandHealth }
        let health = self.commandHealth
        return health == .ready ? .unavailable("Nobody in the Redis cluster serves the slot.") : health
    }
}
