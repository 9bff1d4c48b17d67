// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags that say what a bot's log retains. All nodes of a Redis have the same: ingress trims by them, and egress passes
/// over what is older.
struct RetentionOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "How many events a bot's log retains. The same on all nodes. (default: 1000)",
            valueName: "number"
        )
    )
    var retentionCount: String?

    @Option(
        help: ArgumentHelp("How long an event is retained. The same on all nodes. (default: 1h)", valueName: "time")
    )
    var retentionAge: String?

    var flags: [String: String?] {
        ["retention-count": self.retentionCount, "retention-age": self.retentionAge]
    }
}
