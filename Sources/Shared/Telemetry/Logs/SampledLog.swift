// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
public import Logging
public import NIOCore

/// Writes lines that may come by the thousand at their level within a budget, and the rest at debug; the next one at
/// their level says how many were demoted. Confined to one event loop.
public final class SampledLog {
    private let logger: Logger
    private let level: Logger.Level
    private var budget: LogBudget
    private let leftOut = Counter(label: "hookwire_log_lines_left_out_total")

    /// - Parameters:
    ///   - level: the level of the lines within the budget.
    ///   - burst: how many lines may come at once.
    ///   - perSecond: how many may come over time.
    public init(
        _ logger: Logger,
        level: Logger.Level = .info,
        burst: Int,
        perSecond: Double,
        now: NIODeadline = .now()
    ) {
        self.logger = logger
        self.level = level
        self.budget = LogBudget(burst: burst, perSecond: perSecond, now: now)
    }

    /// Writes a line.
    ///
    /// - Parameter metadata: called only where the line is written at all; no secrets.
    public func write(_ message: Logger.Message, metadata: @autoclosure () -> Logger.Metadata) {
        guard self.logger.logLevel <= self.level else { return }
        if let leftOut = self.budget.take(now: .now()) {
            var metadata = metadata()
            if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
            return self.logger.log(level: self.level, message, metadata: metadata)
        }
        self.leftOut.increment()
        self.logger.debug(message, metadata: metadata())
    }
}

@available(*, unavailable)
extension SampledLog: Sendable {}
