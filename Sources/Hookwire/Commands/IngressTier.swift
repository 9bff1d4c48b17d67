// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `hookwire ingress`: the tier that takes webhooks.
struct IngressTier: NodeCommand {
    static let tier = Tier.ingress

    static let configuration = CommandConfiguration(
        commandName: "ingress",
        abstract: "Takes webhooks and publishes them to Redis.",
        discussion: """
            Run as many as the platform's requests need, with one Redis and any number of egress nodes. A node keeps \
            nothing: any of them takes any request. While Redis is away it answers so that the platform sends the event \
            again, and /readyz is red.
            """
    )

    @OptionGroup(title: "Node") var node: NodeOptions
    @OptionGroup(title: "Store") var redis: RedisOptions
    @OptionGroup(title: "Retention") var retention: RetentionOptions
    @OptionGroup(title: "Webhooks") var ingress: IngressOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Telemetry") var telemetry: TelemetryOptions
    @OptionGroup(title: "Addresses") var addresses: AddressOptions

    var settings: [any SettingFlags] {
        [self.node, self.redis, self.retention, self.ingress, self.access, self.telemetry, self.addresses]
    }
}
