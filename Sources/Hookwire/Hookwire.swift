// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import SystemPackage

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
        // A closed pipe is not a command's fault, and shows in its writes (EPIPE).
        signal(SIGPIPE, SIG_IGN)
        ProcessTitle.hideSecrets()
        do {
            let command = try await self.asyncParseAsRoot()
            do {
                try await self.run(command)
                try self.flush()
            } catch let error as ValidationError {
                self.exit(error, of: type(of: command))
            }
        } catch {
            if self.exitCode(for: error) == .validationFailure,
                let typo = CommandSuggestion.find(in: CommandLine.arguments.dropFirst(), of: self)
            {
                self.exit(ValidationError(typo.sentence), of: typo.parent)
            }
            self.exit(withError: error)
        }
    }

    private static func run(_ command: any ParsableCommand) async throws {
        var command = command
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// What commands print waits in a buffer: only its end shows whether all of it could be written, to a full disk for
    /// instance. A closed pipe is no error.
    private static func flush() throws {
        guard fflush(nil) != 0 else { return }
        let failure = Terminal.WriteFailure(Errno(rawValue: errno))
        guard let sentence = failure.sentence else { return }
        Terminal().complain(sentence)
        throw ExitCode(1)
    }

    /// Ends the process as `exit(withError:)` does, with the usage of the command that was run. By itself the library has
    /// that only for what it finds while it reads the arguments, and the usage of the whole program for what comes later.
    private static func exit(_ error: ValidationError, of command: any ParsableCommand.Type) -> Never {
        let usage = self.usageString(for: command)
        let name = usage.prefix { $0 != "<" && $0 != "[" }
        Terminal().complain("Error: \(error.message)\nUsage: \(usage)\n  See '\(name)--help' for more information.")
        self.exit(withError: ExitCode.validationFailure)
    }
}
