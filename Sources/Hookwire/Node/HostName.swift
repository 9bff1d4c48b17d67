// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What this machine, or this pod, is called.
enum HostName {
    private static let limit = 256

    /// The system's name for it; `localhost` where it has none.
    static let current: String = {
        var bytes = [CChar](repeating: 0, count: Self.limit)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(validating: name, as: UTF8.self).flatMap { $0.isEmpty ? nil : $0 } ?? "localhost"
    }()
}
