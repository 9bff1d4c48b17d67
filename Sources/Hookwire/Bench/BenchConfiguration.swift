// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The validated configuration of a load-generator run.
struct BenchConfiguration: Sendable {
    /// How load is made.
    enum Mode: Equatable, Sendable {
        /// Each connection sends the next event when one is answered.
        case closedLoop
        /// Events are sent when they are due, however the server is doing.
        case fixedRate(Double)
        /// Sockets are opened and held; nothing is sent.
        case idle
    }

    private enum Limit {
        static let events = 20_000_000
        /// Signatures take 128 bytes and some 30 µs each.
        static let signedEvents = 4_000_000
        static let sockets = 1_000_000
        /// One bit for each event of each socket.
        static let ledgerBytes = 1 << 30
    }

    /// The run's name: part of each secret and each event's id, so that no two runs meet.
    let run: String
    let mode: Mode
    let webhooks: [LoadTarget]
    let sockets: [LoadTarget]
    let secrets: Int
    let socketsPerSecret: Int
    let connections: Int
    let pipeline: Int
    let bodySize: Int
    let isSigned: Bool
    let threads: Int
    /// When to stop; nil where all events are sent.
    let duration: TimeAmount?
    let warmUp: TimeAmount
    let settle: TimeAmount
    /// How many events are sent before the figures begin, and how many are measured, at most.
    let warmUpEvents: Int
    let measuredEvents: Int
    /// How many were requested; nil if their number only follows from the duration.
    let requestedEvents: Int?
    let processes: [NamedProcess]

    var socketCount: Int { self.secrets * self.socketsPerSecret }
    var eventCount: Int { self.warmUpEvents + self.measuredEvents }

    /// A bot's secret: for this run only.
    func secret(_ index: Int) -> String { "bench-\(self.run)-\(index)" }

    /// Checks what the command line says.
    init(_ options: BenchOptions, run: String = Hex.encode(SecureRandom.bytes(4))) throws(SettingsError) {
        self.run = run
        self.mode = try Self.mode(options)
        self.webhooks = try options.webhook.map { text throws(SettingsError) in try LoadTarget(text, scheme: .http) }
        self.sockets = try options.socket.map { text throws(SettingsError) in try LoadTarget(text, scheme: .ws) }
        self.secrets = try Self.number(options.secrets, "secrets", in: 1...100_000)
        self.socketsPerSecret = try Self.number(options.sockets, "sockets", in: 0...Limit.sockets)
        self.connections = try Self.number(options.connections, "connections", in: 1...10_000)
        self.pipeline = try Self.number(options.pipeline, "pipeline", in: 1...1_000)
        self.threads = try Self.number(options.threads, "threads", in: 1...64)
        let smallest = EventLayout.minimumByteCount(run: run)
        self.bodySize = try Self.number(options.bodySize, "body-size", in: smallest...(8 << 20))
        self.isSigned = !options.unsigned
        self.warmUp = try Self.duration(options.warmUp, "warm-up")
        self.settle = try Self.duration(options.settle, "settle")
        var duration: TimeAmount?
        if let text = options.duration { duration = try Self.duration(text, "duration") }
        if let duration, duration == .zero { throw SettingsError(message: "--duration must be more than 0.") }
        self.duration = duration
        var events: Int?
        if let number = options.events { events = try Self.number(number, "events", in: 1...Limit.events) }
        self.requestedEvents = events
        self.processes = try options.pid.map { text throws(SettingsError) in try NamedProcess(text) }

        let most = options.unsigned ? Limit.events : Limit.signedEvents
        let counts = EventCounts(
            mode: self.mode,
            events: events,
            duration: duration,
            warmUp: self.warmUp,
            most: most
        )
        self.warmUpEvents = counts.warmUp
        self.measuredEvents = counts.measured
        try self.check(most: most, ownsServer: options.iOwnThisServer)
    }

    private func check(most: Int, ownsServer: Bool) throws(SettingsError) {
        guard self.eventCount <= most else {
            throw SettingsError(
                message: "\(self.eventCount) events are too many for one run; the most is \(most). Use a lower --rate, "
                    + "a shorter --duration or fewer --events\(self.isSigned ? ", or --unsigned" : "")."
            )
        }
        guard self.socketCount <= Limit.sockets,
            self.socketsPerSecret * self.eventCount / 8 <= Limit.ledgerBytes
        else {
            throw SettingsError(message: "So many sockets and events cannot be accounted for; use fewer of either.")
        }
        guard self.connections >= self.threads else {
            throw SettingsError(
                message: "--connections must be at least --threads: each event loop sends over its own."
            )
        }
        if self.mode == .idle, self.socketCount == 0 {
            throw SettingsError(message: "--idle needs --sockets: how many to open for each secret.")
        }
        for target in self.webhooks + self.sockets where !target.isLoopback && !ownsServer {
            throw SettingsError(
                message: "\(target.host) is another machine. This is a load generator: it can bring a server down. Add "
                    + "--i-own-this-server if the server is yours, or you have leave to load it."
            )
        }
    }

    private static func mode(_ options: BenchOptions) throws(SettingsError) -> Mode {
        guard let rate = options.rate else { return options.idle ? .idle : .closedLoop }
        guard !options.idle else { throw SettingsError(message: "--idle sends nothing, so it takes no --rate.") }
        guard rate.isFinite, rate >= 0.1, rate <= 10_000_000 else {
            throw SettingsError(message: "--rate must be between 0.1 and 10000000 events a second.")
        }
        return .fixedRate(rate)
    }

    private static func number(
        _ number: Int,
        _ name: String,
        in range: ClosedRange<Int>
    ) throws(SettingsError) -> Int {
        guard range.contains(number) else {
            throw SettingsError(
                message: "--\(name) must be between \(range.lowerBound) and \(range.upperBound); it is \(number)."
            )
        }
        return number
    }

    private static func duration(_ text: String, _ name: String) throws(SettingsError) -> TimeAmount {
        guard let time = DurationText.parse(text), time <= .hours(24) else {
            throw SettingsError(message: "--\(name) must be a time such as 500ms, 10s or 5m; it is \"\(text)\".")
        }
        return time
    }
}

/// How many events a run needs: they are signed before it begins.
struct EventCounts: Equatable, Sendable {
    let warmUp: Int
    let measured: Int

    /// What a closed loop may reach, in events a second.
    private static let guess = 100_000.0
    private static let standard = 100_000

    init(mode: BenchConfiguration.Mode, events: Int?, duration: TimeAmount?, warmUp: TimeAmount, most: Int) {
        func seconds(_ time: TimeAmount) -> Double { Double(time.nanoseconds) / 1e9 }
        switch mode {
        case .idle:
            self.warmUp = 0
            self.measured = 0
        case .fixedRate(let rate):
            // Both given: whichever is reached first.
            let within = duration.map { max(1, Int(seconds($0) * rate)) }
            self.measured = min(events ?? .max, within ?? (events == nil ? max(1, Int(10 * rate)) : .max))
            self.warmUp = Int(seconds(warmUp) * rate)
        case .closedLoop:
            if let events {
                self.measured = events
            } else if let duration {
                self.measured = min(max(1, Int(seconds(duration) * Self.guess)), most / 11 * 10)
            } else {
                self.measured = Self.standard
            }
            let share = max(1, self.measured / 10)
            self.warmUp = warmUp == .zero ? 0 : min(share, max(1, Int(seconds(warmUp) * Self.guess)))
        }
    }
}
