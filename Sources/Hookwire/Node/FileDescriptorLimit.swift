// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Logging

/// How many files and connections this process may have open at once.
enum FileDescriptorLimit {
    /// Fewer than this are not enough for a shared relay, and an operator should know.
    private static let worthMentioning = 4_096

    /// The current limit; nil if unknown.
    static var allowed: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit as far as the system allows without privileges: the soft limit is 1,024 on many systems, and a
    /// socket more would be refused.
    static func raise(logger: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        if limit.rlim_cur < self.worthMentioning {
            logger.warning(
                "few connections are possible; raise the limit of open files (ulimit -n, LimitNOFILE=)",
                metadata: ["limit": "\(limit.rlim_cur)"]
            )
        }
    }
}
