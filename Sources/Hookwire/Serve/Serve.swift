// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import NIOPosix
internal import ServiceLifecycle
internal import Shared
internal import SystemPackage
internal import UnixSignals

/// `hookwire serve`: both tiers in one process, with the broker in memory.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes webhooks and delivers them to sockets, everything in one process.",
        discussion: """
            Prints the webhook URL for the platform, the socket URL for the bot, and a command that sends a signed \
            sample event. Events are kept in memory, and are gone when the process ends.

            Any secret works: whoever knows a bot's secret can receive its events, and only the platform, which \
            knows it too, can send them.

            Stop it with Ctrl-C or SIGTERM: it drains and exits with 0. A second signal ends it at once.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let configuration: NodeConfiguration
        do {
            configuration = try NodeConfiguration(try await SettingsReader(flags: self.options.flags))
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        }
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = configuration.logLevel
            return handler
        }
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)

        let node = try await Node.start(configuration, metrics: metrics, logger: Logger(label: "hookwire"))
        // Written past stdio's buffer: whoever waits for the node in a pipe sees it at once.
        try FileDescriptor.standardOutput.writeAll(Greeting(baseURL: node.baseURL).text.utf8)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "hookwire.lifecycle")
            )
        )
        try await group.run()
    }
}
