// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// Tells on standard error how far a run is, where that is a terminal.
struct BenchProgress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    /// Replaces the line.
    func say(_ text: String) {
        guard self.isTerminal else { return }
        _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K\(text)".utf8)
    }

    /// Wipes the line.
    func finish() {
        self.say("")
    }
}
