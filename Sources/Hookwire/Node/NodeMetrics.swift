// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import NIOCore
internal import Shared
internal import SystemPackage

extension LogFormat {
    private static let outlet = LogOutlet(descriptor: FileDescriptor.standardError.rawValue)

    /// Writes log lines to standard error, each with one system call, so that lines of several threads do not
    /// interleave. If they are not read, they are dropped.
    ///
    /// - Parameter level: of all lines but the audit log's, which are always written.
    func handler(label: String, level: Logger.Level) -> any LogHandler {
        let level = label == AuditLog.label ? min(level, AuditLog.level) : level
        return OutletLogHandler(self.writer(label: label, level: level), outlet: Self.outlet)
    }

    private func writer(label: String, level: Logger.Level) -> any LogHandler {
        switch self {
        case .text:
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        case .json:
            var handler = JSONLogHandler(label: label) { line in
                // If even that fails, it cannot be reported.
                _ = try? FileDescriptor.standardError.writeAll(line)
            }
            handler.logLevel = level
            return handler
        }
    }
}

/// What every node shows from its start, whatever happens later.
enum NodeMetrics {
    static func begin(tier: Tier, group: any EventLoopGroup) {
        let version = Hookwire.configuration.version
        Meter(label: "hookwire_build_info", dimensions: [("version", version), ("tier", tier.rawValue)]).set(1)
        EventLoopLag.measure(group)
        LogOutlet.show()
        // A rate needs a zero to begin from.
        for refusal in LimitRefusal.allCases { refusal.show() }
    }
}
