// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of a node that holds sockets.
struct EgressOptions: SettingFlags {
    @Option(help: ArgumentHelp("How often a socket is pinged, in whole seconds. (default: 25s)", valueName: "time"))
    var pingInterval: String?

    @Option(
        help: ArgumentHelp("How long a client may take to answer, in whole seconds. (default: 10s)", valueName: "time")
    )
    var pongTimeout: String?

    @Option(help: ArgumentHelp("How much may wait to be sent to one client. (default: 1MiB)", valueName: "size"))
    var queueLimit: String?

    var flags: [String: String?] {
        [
            "ping-interval": self.pingInterval, "pong-timeout": self.pongTimeout, "queue-limit": self.queueLimit,
        ]
    }
}
