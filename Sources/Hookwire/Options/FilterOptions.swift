// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Which of a bot's events a command is about.
struct FilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only some of the events: type=GROUP_AT_MESSAGE_CREATE, where=d.author.id:abc, or group_openid=, "
                + "user_openid=, guild_id=, channel_id=. May be repeated.",
            valueName: "name=value"
        )
    )
    var filter: [String] = []

    func validate() throws {
        _ = try self.filters()
    }

    func filters() throws -> [Subscription.Filter] {
        try self.filter.map { text in
            guard let filter = Subscription.Filter(text) else {
                throw ValidationError(
                    "--filter takes a name and a value such as type=GROUP_AT_MESSAGE_CREATE, not \"\(text)\"."
                )
            }
            return filter
        }
    }
}
