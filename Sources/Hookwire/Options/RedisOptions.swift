// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Where nodes meet.
struct RedisOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "The Redis that joins the nodes: redis://user:password@host:port/db, rediss://…?ca=FILE&cert=FILE&key=FILE "
                + "for TLS, unix:///path, redis+sentinel://host:port,host:port/master/db by way of sentinels, "
                + "redis+cluster://host:port,host:port for a Redis Cluster, or redis://a,redis://b,… for several that "
                + "share the bots, in the same order on all nodes.",
            valueName: "url"
        )
    )
    var redisUrl: String?

    var flags: [String: String?] { ["redis-url": self.redisUrl] }
}
