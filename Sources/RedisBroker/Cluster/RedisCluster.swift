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
    private static let pause = TimeAmount.milliseconds(50)

    struct State {
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

    let configuration: RedisConfiguration
    private let group: any EventLoopGroup
    /// Where the map is asked for, and where it is decided what is subscribed where, in order.
    let eventLoop: any EventLoop
    let subscriptions: NIOLoopBoundBox<ClusterSubscriptions>
    let metrics = ClusterMetrics()
    let logger: Logger
    let state: Mutex<State>

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
            state.ticks = self.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pause) { _ in
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
    func node(at place: RedisPlace) -> RedisNode? { self.node(atSlot: place.slot) }

    /// The node that has a slot; nil while nobody is known to.
    func node(atSlot slot: UInt16) -> RedisNode? { self.state.withLock { $0.nodes.owner(of: slot)?.node } }

    /// Whether a slot went to another node less than a time ago, so that subscriptions may not be there again.
    func hasMoved(_ place: RedisPlace, within time: TimeAmount) -> Bool {
        self.state.withLock { $0.nodes.hasMoved(place.slot, within: time, now: .now()) }
    }

    /// The connections to a node, which are made where there are none. Under the lock.
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
