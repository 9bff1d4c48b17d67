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
            "The bot's secret; HOOKWIRE_SECRET, or HOOKWIRE_SECRET_FILE with the path of a file, in the environment keeps it "
                + "out of the process list.",
            valueName: "secret"
        )
    )
    var secret: String?

    @Option(help: ArgumentHelp("The bot's name on a relay where it is registered.", valueName: "name"))
    var bot: String?

    @Option(
        help: ArgumentHelp(
            "One of the bot's tokens, in place of its secret; HOOKWIRE_TOKEN, or HOOKWIRE_TOKEN_FILE with the path of a file, "
                + "in the environment keeps it out of the process list.",
            valueName: "token"
        )
    )
    var token: String?

    @Flag(help: "Take any TLS certificate of the relay. For tests only: whoever is in between reads the secret.")
    var insecure = false

    func validate() throws {
        guard let address = WebAddress(self.relay) else {
            throw ValidationError(WebAddress.relayMend(for: self.relay))
        }
        if let fault = address.relayFault { throw ValidationError(fault) }
        guard self.bot.map({ BotName($0) != nil }) ?? true else {
            throw ValidationError("--bot takes a name of \(BotName.rule).")
        }
        _ = try self.key()
    }

    /// What opens the bot: what is given on the command line goes before what stands in the environment, and a token before
    /// a secret.
    func key() throws -> RelayKey {
        guard self.token == nil || self.secret == nil else {
            throw ValidationError("Give --token or --secret, not both.")
        }
        var bearer = [self.token, self.secret].compactMap { $0 }.first { !$0.isEmpty }
        if bearer == nil { bearer = try EnvironmentSecret.read("HOOKWIRE_TOKEN") }
        if bearer == nil { bearer = try EnvironmentSecret.read("HOOKWIRE_SECRET") }
        guard let bearer else {
            throw ValidationError(
                "Give the bot's secret: --secret, or HOOKWIRE_SECRET or HOOKWIRE_SECRET_FILE in the environment; or one of its "
                    + "tokens: --token, or HOOKWIRE_TOKEN or HOOKWIRE_TOKEN_FILE."
            )
        }
        guard bearer.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("The secret must be of visible ASCII characters to travel in a header.")
        }
        return RelayKey(bot: self.bot.flatMap { BotName($0) }, bearer: Secret(bearer))
    }

    /// The relay's address, which `validate` has checked.
    func address() throws -> WebAddress {
        guard let address = WebAddress(self.relay) else { throw ValidationError("--relay is no address.") }
        return address
    }
}
