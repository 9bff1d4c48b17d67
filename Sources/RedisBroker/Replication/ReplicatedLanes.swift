// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// The connections that events are stored by where replicas are waited for: one for each event loop besides the one for
/// all else, since Redis takes nothing from a connection that waits. Any thread.
final class ReplicatedLanes: Sendable {
    typealias Completion = @Sendable (Result<RESPValue, any Error>) -> Void

    private struct Lane: Sendable {
        let eventLoop: any EventLoop
        let lane: NIOLoopBoundBox<ReplicatedLane>
        let status: RedisStatus
    }

    /// How long a shortage of replicas stays in the health.
    private static let shortageTime = TimeAmount.seconds(10)

    private let wait: RedisWait
    private let lanes: [Lane]
    /// When replicas were last found to be too few, in nanoseconds of `NIODeadline`; 0 for never.
    private let lastShortage = Atomic<UInt64>(0)

    init(
        _ wait: RedisWait,
        configuration: RedisConfiguration,
        locator: (any RedisLocator)?,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.wait = wait
        var configuration = configuration
        // A command may stand behind one WAIT, and have its own behind it.
        let patience = TimeAmount.nanoseconds(2 * wait.time.nanoseconds)
        configuration.commandTimeout = configuration.commandTimeout + patience
        configuration.slowCommandTimeout = configuration.slowCommandTimeout + patience
        configuration.pingTimeout = configuration.pingTimeout + patience
        var lanes: [Lane] = []
        for eventLoop in group.makeIterator() {
            let status = RedisStatus()
            let lane = ReplicatedLane(
                wait,
                lane: RedisCommandLane(
                    configuration: configuration,
                    locator: locator,
                    eventLoop: eventLoop,
                    status: status,
                    logger: logger
                ),
                eventLoop: eventLoop
            )
            let box = NIOLoopBoundBox.makeBoxSendingValue(lane, eventLoop: eventLoop)
            lanes.append(Lane(eventLoop: eventLoop, lane: box, status: status))
        }
        self.lanes = lanes
    }

    /// Begins to connect.
    func start() {
        for lane in self.lanes {
            let box = lane.lane
            lane.eventLoop.execute {
                box.value.start { [weak self] in
                    self?.lastShortage.store(NIODeadline.now().uptimeNanoseconds, ordering: .releasing)
                }
            }
        }
    }

    /// Redis is at an address from now on.
    func move(to address: RedisURL.Address) {
        for lane in self.lanes {
            let box = lane.lane
            lane.eventLoop.execute { box.value.lane.move(to: address) }
        }
    }

    /// Sends a write.
    ///
    /// - Parameter completion: is called on `eventLoop` when enough replicas have it, as `RedisNode.send` has it; with
    ///   `BrokerError.unreplicated` where they do not in time: then Redis has it all the same.
    func send(_ command: RESPCommand, on eventLoop: any EventLoop, completion: @escaping Completion) {
        let own = self.lanes.first { $0.eventLoop === eventLoop }
        let isOwn = own?.status.isConnected ?? false
        guard let lane = isOwn ? own : self.lanes.first(where: { $0.status.isConnected }) ?? own ?? self.lanes.first
        else { return completion(.failure(BrokerError.unavailable)) }
        let box = lane.lane
        if lane.eventLoop === eventLoop, eventLoop.inEventLoop {
            box.value.send(command, completion: completion)
        } else {
            lane.eventLoop.execute {
                box.value.send(command) { result in eventLoop.execute { completion(result) } }
            }
        }
    }

    func stop() async {
        let ended = self.lanes.map { lane in
            let box = lane.lane
            return lane.eventLoop.flatSubmit { box.value.lane.stop() }
        }
        // They fail only where an event loop has been shut down already.
        for future in ended { try? await future.get() }
    }

    /// Whether any connection reports that Redis refuses commands.
    var isRefusing: Bool { self.lanes.contains { $0.status.isRefusing } }

    /// Something was stored, here or on another connection.
    func stored(isEvent: Bool) {
        for lane in self.lanes where lane.status.isRefusing {
            let box = lane.lane
            lane.eventLoop.execute { box.value.lane.stored(isEvent: isEvent) }
        }
    }

    /// Whether events can be stored, with enough replicas as last known.
    var health: BrokerHealth {
        let health = RedisHealth.health(of: self.lanes.map { $0.status.current })
        guard health == .ready else { return health }
        let last = self.lastShortage.load(ordering: .acquiring)
        guard last > 0, NIODeadline.now() - .uptimeNanoseconds(last) < Self.shortageTime else { return .ready }
        return .degraded(
            "Fewer than \(self.wait.replicas) replicas had an event in time, and it was not acknowledged; check Redis' "
                + "replicas, or --redis-wait."
        )
    }
}

/// One of them, on its event loop.
final class ReplicatedLane {
    fileprivate let lane: RedisCommandLane
    private let eventLoop: any EventLoop
    private let command: RESPCommand
    private var machine: ReplicaWaitStateMachine<ReplicatedLanes.Completion>
    private var ranShort: (@Sendable () -> Void)?

    fileprivate init(_ wait: RedisWait, lane: RedisCommandLane, eventLoop: any EventLoop) {
        self.lane = lane
        self.eventLoop = eventLoop
        let milliseconds = Int(wait.time.nanoseconds / 1_000_000)
        self.command = RESPCommand("WAIT", .integer(wait.replicas), .integer(milliseconds))
        self.machine = ReplicaWaitStateMachine(replicas: wait.replicas)
    }

    /// - Parameter ranShort: is called whenever replicas were too few.
    fileprivate func start(ranShort: @escaping @Sendable () -> Void) {
        self.ranShort = ranShort
        self.lane.start()
    }

    fileprivate func send(_ command: RESPCommand, completion: @escaping ReplicatedLanes.Completion) {
        let (number, schedules) = self.machine.sent(completion)
        if schedules {
            // Before the connection asks to be flushed, so that both go out at once.
            self.eventLoop.assumeIsolated().execute {
                if self.machine.tickEnded() { self.sendWait() }
            }
        }
        let this = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.lane.send(command, to: RedisReceiver { this.value.answered($0, to: number) })
    }

    private func answered(_ result: Result<RESPValue, any Error>, to number: UInt64) {
        switch result {
        case .success(let reply): self.machine.replied(reply, to: number)
        case .failure(let error): self.machine.failed(number)?(.failure(error))
        }
    }

    private func sendWait() {
        let this = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.lane.send(self.command, to: RedisReceiver { this.value.waitAnswered($0) })
    }

    private func waitAnswered(_ result: Result<RESPValue, any Error>) {
        let answer: Result<Int, BrokerError> =
            switch result {
            case .success(.integer(let count)): .success(count)
            case .success: .failure(.refused)
            case .failure(let error): .failure(BrokerError(error))
            }
        let outcome = self.machine.waitAnswered(answer)
        // Sent before the requests are completed, which may write more.
        if outcome.waits { self.sendWait() }
        if outcome.failed.contains(where: { $0.error == .unreplicated }) { self.ranShort?() }
        for (completion, reply) in outcome.done { completion(.success(reply)) }
        for (completion, error) in outcome.failed { completion(.failure(error)) }
    }
}

@available(*, unavailable)
extension ReplicatedLane: Sendable {}
