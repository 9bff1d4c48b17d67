// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import RedisBroker
internal import Shared

/// `hookwire bots audit`: what operators did.
struct BotsAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Lists what operators did to the bots in Redis, the latest first.",
        discussion: "Redis keeps the last 10,000 changes or so. A node logs each that is made through it as well."
    )

    @Option(help: ArgumentHelp("How many, 1 to 10000.", valueName: "number"))
    var limit = 100

    @Flag(help: "Print a JSON object per line.")
    var json = false

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func validate() throws {
        guard (1...10_000).contains(self.limit) else { throw ValidationError("--limit must be from 1 to 10000.") }
    }

    func run() async throws {
        let (limit, json) = (self.limit, self.json)
        try await OpenBotStore.with(self.store) { open in
            guard case .redis(let redis) = open.kind else {
                throw BotStoreError(
                    .invalid,
                    "A file keeps no audit: put it under version control, or the bots into Redis (--redis-url)."
                )
            }
            for entry in try await redis.audit(limit: limit) { print(json ? Self.json(entry) : Self.line(entry)) }
        }
    }

    private static func line(_ entry: AuditEntry) -> String {
        let subject = entry.subject.map { " \($0)" } ?? ""
        let line =
            "\(UTCTimeText.format(milliseconds: entry.time))  \(entry.actor)  \(entry.action)  \(entry.bot)\(subject)"
        return ForeignText.line(line)
    }

    private static func json(_ entry: AuditEntry) -> String {
        var json = JSONObjectWriter()
        json.member("time", UTCTimeText.format(milliseconds: entry.time))
        json.member("actor", entry.actor)
        json.member("action", entry.action)
        json.member("bot", entry.bot)
        if let subject = entry.subject { json.member("subject", subject) }
        return String(decoding: json.finish(), as: UTF8.self)
    }
}
