// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Shared
internal import UnixSignals

/// A subcommand that runs a node until the process is told to stop.
protocol NodeCommand: AsyncParsableCommand {
    /// Which part of the relay it runs.
    static var tier: Tier { get }

    /// All flags that it takes.
    var settings: [any SettingFlags] { get }
}

extension NodeCommand {
    mutating func run() async throws {
        // A service manager may reload what it has just started. A user who closes a terminal expects the node to end.
        if isatty(STDIN_FILENO) == 0 { signal(SIGHUP, SIG_IGN) }
        let (configuration, unknown) = try await self.configuration()
        LoggingSystem.bootstrap { label in
            configuration.telemetry.logFormat.handler(label: label, level: configuration.logLevel)
        }
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        for fault in unknown { Logger(label: "hookwire").warning("\(fault)") }

        let node: Node
        do {
            node = try await Node.start(configuration, metrics: metrics, logger: Logger(label: "hookwire"))
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "hookwire.lifecycle")
            )
        )
        try await group.run()
    }

    /// The node's configuration, and a sentence for each line of the file and each variable that nothing reads.
    private func configuration() async throws -> (NodeConfiguration, unknown: [String]) {
        var flags: [String: String?] = [:]
        for settings in self.settings {
            flags.merge(settings.flags) { first, _ in first }
        }
        do {
            let ledger = SettingsLedger()
            let reader = try SettingsReader(flags: flags, ledger: ledger)
            let configuration = try NodeConfiguration(reader, tier: Self.tier)
            let unknown = UnknownSettings(settings: ledger.entries)
            let variables = ProcessInfo.processInfo.environment.keys
            return (configuration, unknown.faults(in: reader.file) + unknown.faults(inEnvironment: variables))
        } catch {
            throw ValidationError(error.message)
        }
    }
}
