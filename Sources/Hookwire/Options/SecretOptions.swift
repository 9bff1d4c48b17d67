// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// The secret of a bot that is registered.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The bot's secret on its platform, - to read it from standard input. HOOKWIRE_SECRET or HOOKWIRE_SECRET_FILE in "
                + "the environment, or --secret-file, keep it out of the process list.",
            valueName: "secret"
        )
    )
    var secret: String?

    @Option(help: ArgumentHelp("A file that holds the secret.", valueName: "file"))
    var secretFile: String?

    func validate() throws {
        guard self.secret == nil || self.secretFile == nil else {
            throw ValidationError("Give --secret or --secret-file, not both.")
        }
    }

    /// The secret; nil where none is given, not in the environment either.
    func read() throws -> Secret? {
        do throws(SecretFile.Fault) {
            if let secretFile { return Secret(try SecretFile.read(secretFile)) }
            if self.secret == "-" { return Secret(try SecretFile.read("-")) }
        } catch {
            throw ValidationError("The secret cannot be had: \(error).")
        }
        return try (self.secret ?? EnvironmentSecret.read("HOOKWIRE_SECRET")).map { Secret($0) }
    }

    /// The same where there must be one.
    func required() throws -> Secret {
        guard let secret = try self.read() else {
            throw ValidationError(
                "Give the bot's secret: --secret, --secret-file, HOOKWIRE_SECRET or HOOKWIRE_SECRET_FILE in the environment."
            )
        }
        return secret
    }
}
