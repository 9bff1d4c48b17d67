// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Ingress
internal import NIOCore
internal import NIOPosix

/// A run: makes events ready, opens sockets and connections, warms up, measures, and accounts for every delivery.
struct BenchRun {
    private let configuration: BenchConfiguration
    private let progress: BenchProgress
    private let interruption: BenchInterruption
    private let machine = MachineFigures()
    /// What the event loops and the standard streams take, with some to spare.
    private static let ownDescriptors = 64

    /// - Parameter interruption: ends what is measured early.
    init(
        _ configuration: BenchConfiguration,
        progress: BenchProgress,
        interruption: BenchInterruption = BenchInterruption()
    ) {
        self.configuration = configuration
        self.progress = progress
        self.interruption = interruption
    }

    /// Runs.
    ///
    /// - Throws: `BenchError` where the server cannot be reached.
    func run() async throws -> BenchReport {
        // An invalid flag is reported before the events are signed, which takes a while.
        try self.checkDescriptors()
        for process in self.configuration.processes { _ = try process.usage() }
        let addresses = try await LoadAddresses.find(self.configuration)
        let plan = LoadPlan(
            configuration: self.configuration,
            supply: try await self.supply(),
            times: EventTimes(count: self.configuration.eventCount),
            addresses: addresses,
            handshake: ClientHandshake()
        )
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads)
        do {
            let crew = try await LoadCrew(plan: plan, group: group)
            let report =
                self.configuration.mode == .idle ? try await self.hold(crew) : try await self.load(crew, plan: plan)
            try await crew.finish()
            try await group.shutdownGracefully()
            self.progress.finish()
            return report
        } catch {
            self.progress.finish()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    // MARK: Parts of a run

    private func checkDescriptors() throws(BenchError) {
        let isIdle = self.configuration.mode == .idle
        let connections = isIdle ? 0 : self.configuration.connections
        let needed = self.configuration.socketCount + connections + Self.ownDescriptors
        guard let allowed = FileDescriptorLimit.allowed, needed > allowed else { return }
        throw BenchError(
            message: "\(self.configuration.socketCount) sockets need \(needed) descriptors with all that belongs to "
                + "them; this process may open \(allowed). Raise the limit (ulimit -n), or use fewer --sockets or "
                + "--secrets."
        )
    }

    private func supply() async throws -> EventSupply {
        let count = self.configuration.eventCount
        let cores = Double(System.coreCount)
        let secondsPerEvent: Double =
            switch self.configuration.mode {
            case .fixedRate(let rate): 1 / rate
            case .closedLoop, .idle: Double(self.configuration.duration?.nanoseconds ?? 0) / 1e9 / Double(max(1, count))
            }
        let signing = self.configuration.isSigned ? Double(count) * 30e-6 / cores : 0
        let timestamps = EventTimestamps(
            start: Int(Double(Clock.system.wallMilliseconds()) / 1_000 + signing),
            secondsPerEvent: secondsPerEvent
        )
        let progress = self.progress
        return try await EventSupply.prepare(self.configuration, count: count, timestamps: timestamps) { signed in
            if signed.isMultiple(of: 10_000) { progress.say("signing \(signed) of \(count) events") }
        }
    }

    private func load(_ crew: LoadCrew, plan: LoadPlan) async throws -> BenchReport {
        let sockets = try await self.open(crew)
        guard sockets.failures.isEmpty else { throw Self.cannotOpen(sockets) }
        try await self.connect(crew)

        var failures = BenchReport.Failures()
        let warmUp = 0..<self.configuration.warmUpEvents
        let measured = warmUp.upperBound..<self.configuration.eventCount
        var pings = 0
        if !warmUp.isEmpty {
            self.progress.say("warming up")
            let tally = try await crew.run(self.phase(warmUp, duration: self.configuration.warmUp))
            failures.add(tally)
            pings += tally.pings
        }
        self.progress.say("measuring")
        await self.interruption.listen()
        let before = self.usages()
        let phase = self.phase(measured, duration: self.configuration.duration)
        self.endEarly { phase.cutShort() }
        let tally = try await crew.run(phase, atEnd: { self.usages() })
        failures.add(tally.tally)
        pings += tally.tally.pings
        failures.lost = try await crew.lost(of: self.accepted(plan))

        let load = BenchReport.Load(tally.tally, start: phase.start)
        return self.report(
            sockets: sockets.figures(held: nil, pings: pings),
            load: load,
            failures: failures,
            usage: (before, tally.end),
            wasCutShort: phase.wasCutShort,
            wasTimeOver: phase.stop.map { $0 <= tally.end.time } ?? false
        )
    }

    private func hold(_ crew: LoadCrew) async throws -> BenchReport {
        let duration = self.configuration.duration ?? .seconds(10)
        let before = self.usages()
        let sockets = try await self.open(crew)
        guard sockets.opened > 0 else { throw Self.cannotOpen(sockets) }
        self.progress.say("holding \(sockets.opened) sockets")
        await self.interruption.listen()
        let opened = self.usages()
        let holding = Task { try await Task.sleep(for: .nanoseconds(duration.nanoseconds)) }
        self.endEarly {
            holding.cancel()
            return true
        }
        let wasCutShort = if case .failure = await holding.result { true } else { false }
        let after = self.usages()
        let tally = try await crew.tally()
        var failures = BenchReport.Failures()
        failures.add(tally)
        failures.socketsNotOpened = sockets.failures
        let seconds = Double((after.time - opened.time).nanoseconds) / 1e9
        return self.report(
            sockets: sockets.figures(held: seconds, pings: tally.pings),
            load: nil,
            failures: failures,
            usage: (opened, after),
            wasCutShort: wasCutShort,
            growth: zip(before.processes, after.processes).map { before, after in
                guard let before, let after else { return nil }
                return Double(after.residentBytes - before.residentBytes) / Double(sockets.opened)
            }
        )
    }

    /// - Parameter end: called when a signal comes; says whether there was anything to end.
    private func endEarly(_ end: @escaping @Sendable () -> Bool) {
        let progress = self.progress
        self.interruption.arm {
            let said = end() ? "ending early" : "all is sent, and waited for"
            progress.say("\(said); a second signal ends it at once")
        }
    }

    private func open(_ crew: LoadCrew) async throws -> OpenedSockets {
        self.progress.say("opening \(self.configuration.socketCount) sockets")
        return try await crew.openSockets()
    }

    private func connect(_ crew: LoadCrew) async throws {
        do {
            try await crew.connect()
        } catch {
            let targets = self.configuration.webhooks.map(\.authority).joined(separator: ", ")
            throw BenchError(cannotConnectTo: targets, error, flag: "--webhook")
        }
    }

    private static func cannotOpen(_ sockets: OpenedSockets) -> BenchError {
        let reasons = sockets.failures.sorted { $0.key < $1.key }.map { reason, count in
            "\(count) \(reason)" + (StatusHint.socket(refusal: reason).map { " (\($0))" } ?? "")
        }
        return BenchError(
            message:
                "Cannot open all sockets: \(reasons.joined(separator: ", ")). Check that the server runs, --socket, "
                + "how many connections it allows, and that it takes any secret: each run invents its own."
        )
    }

    private func phase(_ events: Range<Int>, duration: TimeAmount?) -> LoadPhase {
        switch self.configuration.mode {
        case .fixedRate(let rate):
            // Its end is in the number of events: all that is due is sent, late or not.
            LoadPhase(events: events, start: .now() + .milliseconds(5), duration: nil, perSecond: rate)
        case .closedLoop, .idle:
            LoadPhase(events: events, start: .now(), duration: duration, perSecond: nil)
        }
    }

    /// Which events were accepted, for each secret.
    private func accepted(_ plan: LoadPlan) -> [SequenceSet] {
        var accepted = [SequenceSet](repeating: SequenceSet(), count: self.configuration.secrets)
        for event in 0..<self.configuration.eventCount {
            guard case .accepted = plan.times.answer(event) else { continue }
            let identity = plan.supply.identity(of: event)
            _ = accepted[identity.secret].insert(identity.sequence)
        }
        return accepted
    }

    // MARK: The report

    /// What all processes have used at one moment.
    struct Usages: Sendable {
        let time = NIODeadline.now()
        /// nil for one that has ended.
        let processes: [ProcessUsage?]
        let generator: ProcessUsage
    }

    private func usages() -> Usages {
        Usages(processes: self.configuration.processes.map { try? $0.usage() }, generator: .own())
    }

    private func report(
        sockets: BenchReport.Sockets,
        load: BenchReport.Load?,
        failures: BenchReport.Failures,
        usage: (before: Usages, after: Usages),
        wasCutShort: Bool,
        wasTimeOver: Bool = false,
        growth: [Double?] = []
    ) -> BenchReport {
        let window = ProcessFigures.Window(
            seconds: Double((usage.after.time - usage.before.time).nanoseconds) / 1e9,
            events: load?.accepted ?? 0,
            deliveries: load?.delivered ?? 0
        )
        let processes = self.configuration.processes.indices.map { index in
            ProcessFigures(
                name: self.configuration.processes[index].name,
                pid: Int(self.configuration.processes[index].pid),
                before: usage.before.processes[index],
                after: usage.after.processes[index],
                window: window,
                residentBytesPerSocket: index < growth.count ? growth[index] : nil
            )
        }
        let generator = ProcessFigures(
            name: "generator",
            pid: nil,
            before: usage.before.generator,
            after: usage.after.generator,
            window: window
        )
        return BenchReport(
            version: Hookwire.configuration.version,
            machine: self.machine,
            configuration: BenchReport.Configuration(self.configuration),
            sockets: sockets,
            load: load,
            failures: failures,
            processes: processes,
            generator: generator,
            endedBySignal: self.interruption.signal.map { "\($0)" },
            wasCutShort: wasCutShort,
            wasTimeOver: wasTimeOver
        )
    }
}
