// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// Which bot on which relay a command is about.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address of the relay, or of any egress node.", valueName: "url"))
    var relay = "http://localhost:8080"

    // Not with the environment's as its default, which the help would print.
    @Option(
        name: .customLong("secret"),
        help: ArgumentHelp(
            "The bot's secret; HOOKWIRE_SECRET, or HOOKWIRE_SECRET_FILE with the path of a file, in the environment keeps it "
                + "out of the process list.",
            valueName: "secret"
        )
    )
    private var givenSecret: String?

    @Flag(help: "Take any TLS certificate. For tests only: whoever is in between reads the secret.")
    var insecure = false

    /// The bot's secret, which `validate` has looked for.
    var secret: String { self.givenSecret ?? (try? EnvironmentSecret.read("HOOKWIRE_SECRET")) ?? "" }

    func validate() throws {
        if self.givenSecret == nil { _ = try EnvironmentSecret.read("HOOKWIRE_SECRET") }
        guard WebAddress(self.relay) != nil else {
            throw ValidationError("--relay must be an address such as http://localhost:8080.")
        }
        guard !self.secret.isEmpty else {
            throw ValidationError(
                "Give the bot's secret: --secret, or HOOKWIRE_SECRET or HOOKWIRE_SECRET_FILE in the environment."
            )
        }
        guard self.secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("The secret must be of visible ASCII characters to travel in a header.")
        }
    }

    /// The relay's address, which `validate` has checked.
    func address() throws -> WebAddress {
        guard let address = WebAddress(self.relay) else { throw ValidationError("--relay is no address.") }
        return address
    }
}
