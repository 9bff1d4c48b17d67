// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Egress

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

    @Option(help: ArgumentHelp("The address at which bots reach this relay. (default: as asked)", valueName: "url"))
    var publicUrl: String?

    @Option(
        help: ArgumentHelp(
            "QQ's API, to which /qq passes requests on, or none. (default: \(QQConfiguration.defaultAPI))",
            valueName: "url"
        )
    )
    var qqUpstream: String?

    @Option(
        help: ArgumentHelp("QQ's token service. (default: \(QQConfiguration.defaultTokens))", valueName: "url")
    )
    var qqTokenUpstream: String?

    @Option(help: ArgumentHelp("How long QQ's API may take to answer. (default: 30s)", valueName: "time"))
    var qqTimeout: String?

    @Option(help: ArgumentHelp("How often the gateway asks SDKs to beat. (default: 45s)", valueName: "time"))
    var qqHeartbeat: String?

    @Option(help: ArgumentHelp("How long the gateway waits for Identify. (default: 30s)", valueName: "time"))
    var qqIdentifyTimeout: String?

    var flags: [String: String?] {
        [
            "public-url": self.publicUrl, "qq-upstream": self.qqUpstream, "qq-token-upstream": self.qqTokenUpstream,
            "qq-timeout": self.qqTimeout, "qq-heartbeat": self.qqHeartbeat,
            "qq-identify-timeout": self.qqIdentifyTimeout,
            "ping-interval": self.pingInterval, "pong-timeout": self.pongTimeout, "queue-limit": self.queueLimit,
        ]
    }
}
