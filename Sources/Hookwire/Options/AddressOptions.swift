// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags that say where clients are, and what an address may do; of every node.
struct AddressOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            """
            The networks of proxies that are believed where a client is, by Forwarded, X-Forwarded-For and the PROXY \
            protocol: 10.0.0.0/8,2001:db8::/32, loopback, private. (default: none)
            """,
            valueName: "list"
        )
    )
    var trustedProxies: String?

    @Option(
        help: ArgumentHelp(
            "How many requests a second one address may send to this node. (default: any)",
            valueName: "number"
        )
    )
    var addressRate: String?

    @Option(
        help: ArgumentHelp("How many of them at once. (default: those of a second)", valueName: "number")
    )
    var addressBurst: String?

    @Option(
        help: ArgumentHelp(
            "How many wrong secrets, tokens and signatures ban an address; 0 for never. (default: 100 with --access "
                + "registered, otherwise 0)",
            valueName: "number"
        )
    )
    var banAfter: String?

    @Option(help: ArgumentHelp("For how long an address is banned. (default: 5m)", valueName: "time"))
    var banTime: String?

    var flags: [String: String?] {
        [
            "trusted-proxies": self.trustedProxies, "address-rate": self.addressRate,
            "address-burst": self.addressBurst, "ban-after": self.banAfter, "ban-time": self.banTime,
        ]
    }
}
