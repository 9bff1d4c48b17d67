// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The program: one binary for every tier and every tool. Each subcommand explains itself with `--help`.
@main
struct Hookwire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hookwire",
        abstract: "Brings chatbot webhooks to bots that have no public address.",
        discussion: """
            Start with `hookwire serve`: everything in one process, on port 8080. It prints the URLs to use and a \
            command that sends a sample event.

            Every flag of the nodes can also be an environment variable (HOOKWIRE_PORT for --port) or a line of a YAML \
            file that --config names (port: 8080). A flag goes before the environment, the environment before the file.
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, IngressTier.self, EgressTier.self, Send.self, Forward.self, Listen.self, Replay.self,
            Doctor.self,
            DeadLetters.self, Bots.self, CheckConfig.self, Bench.self, Health.self,
        ]
    )

    static func main() async {
        ProcessTitle.hideSecrets()
        await self.main(nil)
    }
}
