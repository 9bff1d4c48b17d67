// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix

/// All event loops of a run, driven together.
struct LoadCrew: Sendable {
    /// How often it is looked whether a phase has ended.
    private static let interval = Duration.milliseconds(2)
    /// How long a duplicate may come behind the last delivery.
    private static let linger = Duration.milliseconds(100)

    private let plan: LoadPlan
    private let loops: [NIOLoopBound<LoadLoop>]

    init(plan: LoadPlan, group: MultiThreadedEventLoopGroup) async throws {
        self.plan = plan
        var loops: [NIOLoopBound<LoadLoop>] = []
        for index in 0..<plan.configuration.threads {
            let eventLoop = group.next()
            loops.append(
                try await eventLoop.submit {
                    NIOLoopBound(LoadLoop(index: index, plan: plan, eventLoop: eventLoop), eventLoop: eventLoop)
                }.get()
            )
        }
        self.loops = loops
    }

    /// Does something on each loop, one after the other.
    private func onEach<Value: Sendable>(
        _ body: @escaping @Sendable (LoadLoop) throws -> Value
    ) async throws -> [Value] {
        var values: [Value] = []
        for loop in self.loops {
            values.append(try await loop.eventLoop.submit { try body(loop.value) }.get())
        }
        return values
    }

    /// Begins something on each loop at once, and waits for all.
    private func onAll<Value: Sendable>(
        _ body: @escaping @Sendable (Int, LoadLoop) -> EventLoopFuture<Value>
    ) async throws -> [Value] {
        let futures = self.loops.enumerated().map { index, loop in
            loop.eventLoop.flatSubmit { body(index, loop.value) }
        }
        var values: [Value] = []
        for future in futures { values.append(try await future.get()) }
        return values
    }

    /// Opens all sockets.
    func openSockets() async throws -> OpenedSockets {
        let count = self.plan.configuration.socketCount
        let threads = self.loops.count
        let start = NIODeadline.now()
        let results = try await self.onAll { index, loop in
            loop.open(sockets: Array(stride(from: index, to: count, by: threads)))
        }
        return OpenedSockets(results, time: .now() - start)
    }

    /// Makes all HTTP connections.
    func connect() async throws {
        let count = self.plan.configuration.connections
        let threads = self.loops.count
        _ = try await self.onAll { index, loop in loop.connect(slots: (count - index + threads - 1) / threads) }
    }

    /// Runs a phase to its end.
    func run(_ phase: LoadPhase) async throws -> LoadTally {
        try await self.run(phase, atEnd: {}).tally
    }

    /// Runs a phase to its end: until everything is sent, answered and delivered, or nothing has happened for as long as
    /// a straggler may take.
    ///
    /// - Parameter atEnd: what is to be known of that moment.
    func run<End>(_ phase: LoadPhase, atEnd: () throws -> End) async throws -> (tally: LoadTally, end: End) {
        _ = try await self.onEach { $0.prepare(phase) }
        _ = try await self.onEach { $0.begin() }
        try await self.waitForDeliveries()
        let end = try atEnd()
        try await Task.sleep(for: Self.linger)
        let tallies = try await self.onEach { $0.end() }
        return (tallies.reduce(into: LoadTally()) { $0.add($1) }, end)
    }

    private func waitForDeliveries() async throws {
        let settle = self.plan.configuration.settle
        let socketsPerSecret = self.plan.configuration.socketsPerSecret
        var last = LoadProgress()
        var lastChange = NIODeadline.now()
        while true {
            let now = NIODeadline.now()
            let progress = try await self.onEach { $0.currentProgress(now: now) }.reduce(into: LoadProgress()) {
                $0.add($1)
            }
            if progress.isAnswered, progress.isDelivered(socketsPerSecret: socketsPerSecret) { return }
            if progress != last || progress.isResting { lastChange = now }
            if now - lastChange > settle { return }
            last = progress
            try await Task.sleep(for: Self.interval)
        }
    }

    /// What was counted since the last phase began.
    func tally() async throws -> LoadTally {
        try await self.onEach { $0.tally }.reduce(into: LoadTally()) { $0.add($1) }
    }

    /// How many deliveries are missing.
    func lost(of accepted: [SequenceSet]) async throws -> Int {
        try await self.onEach { $0.lost(of: accepted) }.reduce(0, +)
    }

    /// Closes all connections.
    func finish() async throws {
        _ = try await self.onEach { $0.finish() }
    }
}

/// What came of opening all sockets.
struct OpenedSockets: Sendable {
    let opened: Int
    let failures: [String: Int]
    let seconds: Double

    init(_ results: [SocketOpening.Result], time: TimeAmount) {
        self.opened = results.reduce(0) { $0 + $1.opened }
        self.failures = results.reduce(into: [:]) { $0.merge($1.failures, uniquingKeysWith: +) }
        self.seconds = Double(time.nanoseconds) / 1e9
    }

    func figures(held: Double?, pings: Int) -> BenchReport.Sockets {
        BenchReport.Sockets(
            opened: self.opened,
            openingSeconds: self.seconds,
            handshakesPerSecond: self.seconds > 0 ? Double(self.opened) / self.seconds : 0,
            heldSeconds: held,
            pings: pings
        )
    }
}
