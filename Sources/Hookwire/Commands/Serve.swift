// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `hookwire serve`: both tiers in one process.
struct Serve: NodeCommand {
    static let tier = Tier.both

    static let configuration = CommandConfiguration(
        abstract: "Takes webhooks and delivers them to sockets, everything in one process.",
        discussion: """
            Prints the webhook URL for the platform, the socket URL for the bot, and a command that sends a signed \
            sample event. Events are kept in memory, and are gone when the process ends, unless --data names a directory \
            to keep them in, or --redis-url a Redis.

            Any secret works, unless --access registered says otherwise: whoever knows a bot's secret can receive \
            its events, and only the platform, which knows it too, can send them.

            Stop it with Ctrl-C or SIGTERM: it drains and exits with 0. A second signal ends it at once.
            """
    )

    @OptionGroup var all: AllSettings

    var settings: [any SettingFlags] { [self.all] }
}
