// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags that say how many sockets there may be; of nodes that hold them.
struct SocketLimitOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "How many sockets one address may have on this node. (default: any number)",
            valueName: "number"
        )
    )
    var socketsPerAddress: String?

    @Option(
        help: ArgumentHelp(
            "How many sockets a second may be opened on this node. (default: any number)",
            valueName: "number"
        )
    )
    var newSockets: String?

    @Option(
        help: ArgumentHelp("How many of them at once. (default: those of a second)", valueName: "number")
    )
    var newSocketsBurst: String?

    var flags: [String: String?] {
        [
            "sockets-per-address": self.socketsPerAddress, "new-sockets": self.newSockets,
            "new-sockets-burst": self.newSocketsBurst,
        ]
    }
}
