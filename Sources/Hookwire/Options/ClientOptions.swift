// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// Which bot on which relay a command is about.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address of the relay, or of any egress node.", valueName: "url"))
    var relay = "http://localhost:8080"

    @Option(
        help: ArgumentHelp(
            "The bot's secret; HOOKWIRE_SECRET in the environment keeps it out of the process list.",
            valueName: "secret"
        )
    )
    var secret: String = ProcessEnvironment["HOOKWIRE_SECRET"] ?? ""

    @Flag(help: "Take any TLS certificate. For tests only: whoever is in between reads the secret.")
    var insecure = false

    func validate() throws {
        guard WebAddress(self.relay) != nil else {
            throw ValidationError("--relay must be an address such as http://localhost:8080.")
        }
        guard !self.secret.isEmpty else {
            throw ValidationError("Give the bot's secret: --secret, or HOOKWIRE_SECRET in the environment.")
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
