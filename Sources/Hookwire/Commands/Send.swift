// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import SystemPackage

/// `hookwire send`: posts a correctly signed sample event, as the platform would.
struct Send: AsyncParsableCommand {
    /// Whose webhook is imitated.
    enum PlatformName: String, ExpressibleByArgument, CaseIterable {
        case qq
    }

    static let configuration = CommandConfiguration(
        abstract: "Sends a signed sample event to a relay, as the platform would.",
        discussion: """
            Prints the answer and how long it took. The exit code is 0 where the relay acknowledged the event, 1 where it \
            did not, and 2 where it could not be reached.
            """
    )

    @Option(help: ArgumentHelp("The relay's address.", valueName: "url"))
    var relay = "http://localhost:8080"

    @Option(help: ArgumentHelp("Whose webhook to imitate.", valueName: "platform"))
    var platform = PlatformName.qq

    @Option(
        help: ArgumentHelp(
            "The bot's secret; HOOKWIRE_SECRET in the environment keeps it out of the process list.",
            valueName: "secret"
        )
    )
    var secret: String = ProcessEnvironment["HOOKWIRE_SECRET"] ?? ""

    @Option(help: ArgumentHelp("The text of the message.", valueName: "text"))
    var text = "Hello from Hookwire"

    func validate() throws {
        guard RelayClient.isAddress(self.relay) else {
            throw ValidationError("--relay must be an address such as http://localhost:8080.")
        }
        guard !self.secret.isEmpty else {
            throw ValidationError("Give the bot's secret: --secret, or HOOKWIRE_SECRET in the environment.")
        }
    }

    func run() async throws {
        let sample = try QQSample(secret: Secret(self.secret), text: self.text)
        let response: RelayClient.Answer
        do throws(RelayClient.Unreachable) {
            response = try await RelayClient(self.relay).send(
                .POST,
                "/webhook?secret=\(PercentEncoding.encode(self.secret))",
                headers: sample.headers,
                body: ByteBuffer(string: sample.body)
            )
        } catch {
            _ = try? FileDescriptor.standardError.writeAll("\(error)\n".utf8)
            throw ExitCode(2)
        }
        let answer = String(buffer: response.body)
        let milliseconds = Double(response.time.nanoseconds) / 1_000_000
        print("\(response.status.code) \(response.status.reasonPhrase) in \((milliseconds * 10).rounded() / 10) ms")
        print(answer)
        guard response.status == .ok, answer.contains(#""d":0"#) else { throw ExitCode(1) }
    }
}
