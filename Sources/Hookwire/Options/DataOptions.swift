// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Where a node that needs no Redis keeps its log.
struct DataOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "The directory to keep the log in, so that it outlives the process; not with --redis-url.",
            valueName: "directory"
        )
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            "How many bytes the files of --data may take; when they are full the oldest events go. (default: 1GiB)",
            valueName: "size"
        )
    )
    var dataLimit: String?

    var flags: [String: String?] { ["data": self.data, "data-limit": self.dataLimit] }
}
