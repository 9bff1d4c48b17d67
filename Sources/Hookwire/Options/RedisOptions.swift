// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Where nodes meet.
struct RedisOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            """
            The Redis that joins the nodes: redis://user:password@host:port/db, unix:///path, or for a Redis Cluster \
            redis+cluster://user:password@host:port,host:port; rediss… for TLS.
            """,
            valueName: "url"
        )
    )
    var redisUrl: String?

    var flags: [String: String?] { ["redis-url": self.redisUrl] }
}
