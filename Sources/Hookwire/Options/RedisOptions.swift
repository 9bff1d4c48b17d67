// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Where nodes meet.
struct RedisOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "The Redis that joins the nodes: redis://user:password@host:port/db, rediss://… for TLS, or unix:///path.",
            valueName: "url"
        )
    )
    var redisUrl: String?

    var flags: [String: String?] { ["redis-url": self.redisUrl] }
}
