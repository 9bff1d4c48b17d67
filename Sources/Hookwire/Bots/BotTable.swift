// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Registered bots as lines for a person.
enum BotTable {
    static func lines(_ bots: [Bot], now: Int64) -> [String] {
        guard !bots.isEmpty else { return ["No bots are registered."] }
        let heading = ["NAME", "PLATFORM", "APPID", "SECRET", "TOKENS", "LIMITS"]
        let rows = [heading] + bots.map { self.row($0, now: now) }
        let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)])
        }
    }

    private static func row(_ bot: Bot, now: Int64) -> [String] {
        let expired = bot.tokens.count { $0.isExpired(at: now) }
        let tokens = "\(bot.tokens.count)" + (expired > 0 ? " (\(expired) expired)" : "")
        return [
            bot.name.text,
            bot.platform.rawValue,
            bot.appID ?? "-",
            bot.previousSecret == nil ? "set" : "rotating",
            tokens,
            self.limits(bot.limits),
        ]
    }

    /// Limits in one line.
    static func limits(_ limits: BotLimits) -> String {
        let parts = [
            limits.requests.map { "\(RateText.format($0.rate)), \($0.burst) at once" },
            limits.sockets.map { "\($0) sockets" },
            limits.logBytes.map { "\(ByteCountText.format($0)) of log" },
        ].compactMap { $0 }
        return parts.isEmpty ? "-" : parts.joined(separator: ", ")
    }
}
