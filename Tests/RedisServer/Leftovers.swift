// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Synchronization

/// The servers that run, for the end of the tests: what a global holds is never released.
enum Leftovers {
    private static let servers = Mutex<[pid_t: String]>([:])
    private static let registration: Void = {
        atexit {
            for (pid, directory) in Leftovers.servers.withLock({ $0 }) {
                _ = kill(pid, SIGKILL)
                try? FileManager.default.removeItem(atPath: directory)
            }
        }
    }()

    static func add(_ pid: pid_t, directory: String) {
        _ = self.registration
        self.servers.withLock { $0[pid] = directory }
    }

    static func remove(_ pid: pid_t) {
        self.servers.withLock { $0[pid] = nil }
    }
}
