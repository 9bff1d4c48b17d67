// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of the broker in memory.
struct MemoryOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "How much memory all logs may take together, where neither a Redis nor --data keeps them. (default: 256MiB)",
            valueName: "size"
        )
    )
    var memoryLimit: String?

    var flags: [String: String?] { ["memory-limit": self.memoryLimit] }
}
