// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BrokerConformance
import Egress
import Ingress
import Logging
import NIOCore
import NIOPosix
import Shared
import Synchronization
import Testing
import UnixSignals

@testable import Hookwire

/// The generator against a relay in this process: what it counts, and that it does not overlook what went wrong.
@Suite struct BenchRunTests {
    /// A relay whose broker mistreats every `period`-th event.
    private func report(
        _ fault: FaultyBroker.Fault,
        _ arguments: String...,
        interruption: BenchInterruption = BenchInterruption(),
        atEvent interrupted: Int? = nil
    ) async throws -> BenchReport {
        let group = MultiThreadedEventLoopGroup.singleton
        let broker = FaultyBroker(fault: fault) { number in
            if number == interrupted { _ = interruption.interrupt(by: .sigint) }
        }
        let state = NodeState()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let ingress = Ingress(configuration: IngressConfiguration(), broker: broker, drainState: state, logger: logger)
        let egress = Egress(configuration: EgressConfiguration(), broker: broker, state: state, logger: logger)
        let server = try await HTTPServer.start(
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(),
            tls: nil,
            group: group
        ) { eventLoop in
            var router = Router()
            try ingress.addRoutes(to: &router, on: eventLoop)
            egress.addRoutes(to: &router, on: eventLoop)
            return router
        }
        let port = server.localAddress.port ?? 0
        let urls = [
            "--webhook=http://127.0.0.1:\(port)/webhook?secret={secret}", "--socket=ws://127.0.0.1:\(port)/ws/{secret}",
        ]
        let options = try BenchOptions.parse(urls + ["--settle=500ms", "--connections=4"] + arguments)
        let report = try await BenchRun(
            BenchConfiguration(options),
            progress: BenchProgress(),
            interruption: interruption
        ).run()
        await egress.drain(over: .zero)
        _ = await server.shutdown(within: .seconds(5))
        return report
    }

    /// Every event of a sound relay is accepted and delivered once to each socket; the warm-up is not counted.
    @Test(arguments: ["--pipeline=1", "--pipeline=5", "--rate=2000"])
    func soundRelay(mode: String) async throws {
        let report = try await self.report(
            .none,
            "--events=200",
            "--secrets=3",
            "--sockets=2",
            "--threads=2",
            "--warm-up=10ms",
            mode
        )
        #expect(report.problems.isEmpty)
        let load = try #require(report.load)
        #expect(load.accepted == 200)
        #expect(load.delivered == 400)
        #expect(load.acknowledgement?.count == 200)
        #expect(load.endToEnd?.count == 400)
        #expect(report.sockets.opened == 6)
    }

    /// A flag that leads nowhere is told before the events are signed, which would take longer than the test may.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (["--webhook=http://127.0.0.1:1/"], "Cannot connect to 127.0.0.1:1: connection refused."),
            (["--pid=4194304"], "Process 4194304 (server) does not run."),
        ]
    )
    func findsWrongFlagsFirst(flags: [String], complaint: String) async throws {
        let options = try BenchOptions.parse(flags + ["--events=4000000", "--duration=1h", "--warm-up=0"])
        let run = BenchRun(try BenchConfiguration(options), progress: BenchProgress())
        let error = await #expect(throws: BenchError.self) { try await run.run() }
        #expect(error?.message.hasPrefix(complaint) == true)
    }

    /// An event that was acknowledged and not delivered is lost, once for each socket.
    @Test func findsLosses() async throws {
        let report = try await self.report(.drop, "--events=50", "--sockets=2", "--warm-up=0")
        #expect(report.failures.lost == 10)
        #expect(report.problems == ["10 deliveries lost"])
    }

    /// An event that comes twice is told.
    @Test func findsDuplicates() async throws {
        let report = try await self.report(.double, "--events=50", "--warm-up=0")
        #expect(report.failures.duplicates == 5)
        #expect(report.failures.lost == 0)
    }

    /// An event that comes after one that was sent only when it had been acknowledged is told.
    @Test func findsWrongOrder() async throws {
        let report = try await self.report(.delay, "--events=49", "--warm-up=0", "--connections=1")
        #expect(report.failures.outOfOrder == 4)
        #expect(report.failures.lost == 0)
    }

    /// A changed body is no event, and the event it was is lost.
    @Test func findsChangedBodies() async throws {
        let report = try await self.report(.change, "--events=50", "--warm-up=0")
        #expect(report.failures.corrupt == 5)
        #expect(report.failures.lost == 5)
    }

    /// What a relay refuses is counted by status, and not missed at the sockets.
    @Test func countsRefusals() async throws {
        let report = try await self.report(.none, "--events=50", "--warm-up=0", "--unsigned")
        #expect(report.failures.refused == ["401": 50])
        #expect(report.failures.lost == 0)
    }

    /// Sockets are opened, held and counted.
    @Test func holdsSockets() async throws {
        let report = try await self.report(.none, "--idle", "--secrets=2", "--sockets=20", "--duration=50ms")
        #expect(report.sockets.opened == 40)
        #expect(report.load == nil)
        #expect(report.problems.isEmpty)
    }

    /// A signal ends the sending: what was sent is accounted for, what was not is no failure, and nothing is waited for
    /// that will not come.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [FaultyBroker.Fault.none, .drop],
        ["--rate=100", "--pipeline=1"]
    )
    fileprivate func endsEarly(fault: FaultyBroker.Fault, mode: String) async throws {
        let report = try await self.report(
            fault,
            "--events=20000",
            "--connections=1",
            "--warm-up=0",
            mode,
            atEvent: 30
        )
        let load = try #require(report.load)
        #expect((30..<20_000).contains(load.sent))
        #expect(load.accepted == load.sent)
        #expect(report.failures.unsent == 0)
        #expect(report.endedBySignal == "SIGINT")
        #expect(report.notes.contains("ended early by SIGINT: \(load.sent) of 20000 events were sent"))
        if fault == .none { #expect(report.problems.isEmpty) }
    }

    /// Sockets are held until a signal comes, and one that came when nothing was held yet is not forgotten.
    @Test(.timeLimit(.minutes(1)), arguments: [0, 1_500])
    func endsHoldingEarly(milliseconds: Int) async throws {
        let interruption = BenchInterruption()
        let signal = Task {
            try await Task.sleep(for: .milliseconds(milliseconds))
            _ = interruption.interrupt(by: .sigterm)
        }
        let report = try await self.report(.none, "--idle", "--duration=1h", interruption: interruption)
        try await signal.value
        let seconds = try #require(report.sockets.heldSeconds)
        let note = "ended early by SIGTERM: the sockets were held for \(BenchTable.number(seconds)) s"
        #expect(report.notes.contains(note))
        #expect(report.problems.isEmpty)
    }

    /// What --duration keeps from being sent is told.
    @Test(.timeLimit(.minutes(1))) func stopsWhenTheTimeIsOver() async throws {
        let report = try await self.report(
            .none,
            "--events=20000",
            "--duration=200ms",
            "--connections=1",
            "--warm-up=0"
        )
        let sent = try #require(report.load).sent
        #expect(report.notes.contains("--duration was over: \(20_000 - sent) of 20000 events were not sent"))
        #expect(report.problems.isEmpty)
    }

    /// A signal that comes when everything is sent ends nothing early.
    @Test func comesTooLate() {
        let phase = LoadPhase(events: 0..<1, start: .now(), duration: nil, perSecond: nil)
        #expect(phase.take(now: .now()) == 0)
        #expect(!phase.cutShort())
        #expect(!phase.wasCutShort)
    }

    /// The second signal is for the process.
    @Test func tellsTheSecondSignal() {
        let interruption = BenchInterruption()
        #expect(interruption.interrupt(by: .sigint))
        #expect(!interruption.interrupt(by: .sigterm))
        #expect(interruption.signal == .sigint)
    }

    /// A report is one JSON object.
    @Test func writesJSON() async throws {
        let report = try await self.report(.none, "--events=10", "--warm-up=0")
        let json = try report.json()
        let accepted = try json.withUnsafeBytes { bytes in
            let object = try JSONObjectView(validating: bytes, members: JSONMemberNames("load", "problems"))
            return object["load"] != nil
        }
        #expect(accepted)
    }
}

/// A broker in memory that does something wrong with every tenth event.
private final class FaultyBroker: ForwardingBroker {
    enum Fault {
        case none
        case drop
        case double
        /// Acknowledged at once, stored only behind five others.
        case delay
        case change
    }

    private let fault: Fault
    private let memory = MemoryBroker()
    var base: any Broker { self.memory }
    private let count = Mutex(0)
    private let held = Mutex<(Event, ChannelID)?>(nil)

    private let published: @Sendable (_ number: Int) -> Void

    /// - Parameter published: told of each event that is handed over, by its number from 1.
    init(fault: Fault, published: @escaping @Sendable (_ number: Int) -> Void) {
        self.fault = fault
        self.published = published
    }

    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        let number = self.count.withLock { count in
            count += 1
            return count
        }
        self.published(number)
        let isTenth = number.isMultiple(of: 10)
        guard isTenth else {
            let publication = self.memory.publish(event, to: channel, key: key, retention: nil, on: eventLoop)
            if number % 10 == 5, let (event, channel) = self.held.withLock({ $0.take() }) {
                _ = self.memory.publish(event, to: channel, key: nil, retention: nil, on: eventLoop)
            }
            return publication
        }
        switch self.fault {
        case .none:
            return self.memory.publish(event, to: channel, key: key, retention: nil, on: eventLoop)
        case .drop:
            return .done(.duplicate)
        case .double:
            _ = self.memory.publish(event, to: channel, key: nil, retention: nil, on: eventLoop)
            return self.memory.publish(event, to: channel, key: nil, retention: nil, on: eventLoop)
        case .delay:
            self.held.withLock { $0 = (event, channel) }
            return .done(.duplicate)
        case .change:
            var body = event.body
            body.setInteger(UInt8(ascii: "!"), at: body.writerIndex - 100)
            return self.memory.publish(event.with(body: body), to: channel, key: key, retention: nil, on: eventLoop)
        }
    }
}
