// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of all nodes, whatever their tier.
struct AllSettings: SettingFlags {
    @OptionGroup(title: "Node") var node: NodeOptions
    @OptionGroup(title: "Webhooks") var ingress: IngressOptions
    @OptionGroup(title: "Sockets") var egress: EgressOptions
    @OptionGroup(title: "Addresses") var addresses: AddressOptions
    @OptionGroup(title: "Limits of sockets") var socketLimits: SocketLimitOptions
    @OptionGroup(title: "Retention") var retention: RetentionOptions
    @OptionGroup(title: "Store") var redis: RedisOptions
    @OptionGroup(title: "Disk") var data: DataOptions
    @OptionGroup(title: "Memory") var memory: MemoryOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Telemetry") var telemetry: TelemetryOptions

    var flags: [String: String?] {
        let groups: [any SettingFlags] = [
            self.node, self.ingress, self.egress, self.addresses, self.socketLimits, self.retention, self.redis,
            self.data, self.memory, self.access, self.telemetry,
        ]
        var flags: [String: String?] = [:]
        for group in groups { flags.merge(group.flags) { first, _ in first } }
        return flags
    }
}
