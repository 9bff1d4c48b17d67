// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `hookwire bots`: the registered bots.
struct Bots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Registers bots, changes their secrets, and gives and revokes their tokens.",
        discussion: """
            The bots are in the YAML file that --bots (HOOKWIRE_BOTS) names, or in the Redis of --redis-url \
            (HOOKWIRE_REDIS_URL), encrypted with HOOKWIRE_REGISTRY_KEY: the same that the nodes are given. Each change \
            takes effect on all nodes within a second.

            Examples:
              hookwire bots add support --platform qq --secret-file secret.txt
              hookwire bots token support --name laptop --expires 90d
              hookwire bots rotate support --secret-file new.txt
              hookwire bots rotate support --finish
              hookwire bots import database.db

            The exit code is 0 where it was done, 1 where the registry refused, 2 where it could not be reached, and 64 \
            where the command was not understood.
            """,
        subcommands: [
            BotsAdd.self, BotsList.self, BotsShow.self, BotsRotate.self, BotsRemove.self, BotsToken.self,
            BotsImport.self, BotsCheck.self, BotsAudit.self,
        ]
    )
}
