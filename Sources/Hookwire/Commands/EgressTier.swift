// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `hookwire egress`: the tier that holds sockets.
struct EgressTier: NodeCommand {
    static let tier = Tier.egress

    static let configuration = CommandConfiguration(
        commandName: "egress",
        abstract: "Holds the bots' sockets and delivers what ingress nodes publish to Redis.",
        discussion: """
            Run as many as the bots' sockets need, with one Redis and any number of ingress nodes. A bot connects to any \
            of them. While Redis is away the sockets stay open and /readyz is red; what was published meanwhile is \
            delivered when it is back.
            """
    )

    @OptionGroup(title: "Node") var node: NodeOptions
    @OptionGroup(title: "Store") var redis: RedisOptions
    @OptionGroup(title: "Retention") var retention: RetentionOptions
    @OptionGroup(title: "Sockets") var egress: EgressOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Telemetry") var telemetry: TelemetryOptions
    @OptionGroup(title: "Addresses") var addresses: AddressOptions
    @OptionGroup(title: "Limits of sockets") var socketLimits: SocketLimitOptions

    var settings: [any SettingFlags] {
        [
            self.node, self.redis, self.retention, self.egress, self.access, self.telemetry, self.addresses,
            self.socketLimits,
        ]
    }
}
