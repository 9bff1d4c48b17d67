// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import Shared

/// `hookwire listen`: shows a bot's events.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a bot's events as they come.",
        discussion: """
            On a terminal for reading, in a pipe an event per line, as JSON (docs/envelope.md has the members). It \
            only looks on: what it prints still counts as not had for the bot, unless --consumer gives it a place of \
            its own.

            What comes from now on:
              hookwire listen --relay https://relay.example.com --secret SECRET

            What came in the last five minutes, and what comes; only what people said:
              hookwire listen --since 5m | jq -r 'select(.text) | .sender + ": " + .text'

            The next three messages of a group, then end:
              hookwire listen --filter type=GROUP_AT_MESSAGE_CREATE --count 3

            Every event once, over restarts, into a file:
              hookwire listen --consumer archive >> events.jsonl

            It reconnects by itself and goes on where it was; events that are gone are told on standard error. The exit \
            code is 0 where it was stopped or --count is reached, 1 where the relay refused or the output cannot be written, 2 where it could not be \
            reached within ten seconds from the start.
            """
    )

    @OptionGroup(title: "Relay") var client: ClientOptions
    @OptionGroup(title: "Events") var selection: FilterOptions

    @Option(help: ArgumentHelp("Begin with what was received within this time, such as 5m.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Begin after this event.", valueName: "position"))
    var after: String?

    @Option(
        help: ArgumentHelp(
            "Begin after what this consumer has had, and remember what it has. Not with --since or --after.",
            valueName: "name"
        )
    )
    var consumer: String?

    @Option(help: ArgumentHelp("End after so many events.", valueName: "number"))
    var count: Int?

    @Flag(help: "Print JSON on a terminal, too.")
    var json = false

    func validate() throws {
        guard [self.since, self.after].compactMap({ $0 }).count <= 1 else {
            throw ValidationError("Begin --since a time or --after a position, not both.")
        }
        guard self.consumer == nil || (self.since == nil && self.after == nil) else {
            throw ValidationError(
                "A --consumer begins behind what it has had, or where it is new, with what none of the bot's sockets has: "
                    + "leave --since and --after out; or leave --consumer out, to look at the past and move no place."
            )
        }
        if let since, DurationText.parse(since).map({ $0 > .zero }) != true {
            throw ValidationError("--since takes a time such as 90s, 5m or 2h.")
        }
        if let after, Position(after) == nil {
            throw ValidationError("--after takes a position as an event has it, such as 9f2c61d07a55e013-42.")
        }
        if let consumer, ConsumerName(consumer) == nil {
            throw ValidationError("--consumer takes 1 to 64 letters, digits, '.', '_' and '-'.")
        }
        if let count, count < 1 { throw ValidationError("--count is at least 1.") }
    }

    func run() async throws {
        let subscription = Subscription(
            start: self.start,
            consumer: self.consumer,
            filters: try self.selection.filters()
        )
        let terminal = Terminal()
        let print = EventPrint(terminal: terminal, printsJSON: self.json || !terminal.isLive)
        let relay = try self.client.address()
        let key = try self.client.key()
        try await ListenRun.execute(relay: self.client.relay, terminal: terminal) { [client, count] eventLoop in
            try ListenRun(
                relay: relay,
                key: key,
                subscription: subscription,
                isInsecure: client.insecure,
                count: count,
                print: print,
                eventLoop: eventLoop
            )
        }
    }

    private var start: Subscription.Start {
        if let since { return .since(since) }
        if let position = self.after.flatMap({ Position($0) }) { return .after(position) }
        return self.consumer == nil ? .live : .cursor
    }
}
