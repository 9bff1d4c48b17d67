// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags that say whose events a node relays.
struct AccessOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "Whose events are relayed: open, anybody's who knows a secret, or registered, the registered bots' only. "
                + "(default: open)",
            valueName: "mode"
        )
    )
    var access: String?

    @OptionGroup var registry: RegistryOptions

    @Option(
        help: ArgumentHelp(
            "The address that the API and the page of the bots listen on, where HOOKWIRE_ADMIN_TOKEN is set. "
                + "(default: 127.0.0.1)",
            valueName: "address"
        )
    )
    var adminHost: String?

    @Option(
        help: ArgumentHelp("The port that they listen on; 0 takes a free one. (default: 8082)", valueName: "number")
    )
    var adminPort: String?

    var flags: [String: String?] {
        var flags = self.registry.flags
        flags["access"] = self.access
        flags["admin-host"] = self.adminHost
        flags["admin-port"] = self.adminPort
        return flags
    }
}

/// The flag that says where bots are registered, but for Redis.
struct RegistryOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "The YAML file of the registered bots. Without it, and with --redis-url, they are in Redis, encrypted with "
                + "HOOKWIRE_REGISTRY_KEY.",
            valueName: "file"
        )
    )
    var bots: String?

    var flags: [String: String?] { ["bots": self.bots] }
}
