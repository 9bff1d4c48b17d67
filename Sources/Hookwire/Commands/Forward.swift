// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// `hookwire forward`: a bot's events to the developer's own server.
struct Forward: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings a bot's events from a relay to a server on this machine, and its answers back.",
        discussion: """
            No tunnel and no public address: this process connects out to the relay. Each event reaches the server as \
            the platform sent it: method, query, header fields in order, body. Where the platform waits for an \
            answer, the server's is the reply.

            A Flask app on port 5000:
              hookwire forward --relay https://relay.example.com --secret SECRET \\
                --to http://localhost:5000/webhook

            Four events at a time, only messages of groups, with a field of one's own:
              hookwire forward --to http://localhost:5000/ --concurrency 4 \\
                --filter type=GROUP_AT_MESSAGE_CREATE --header 'X-Debug: yes'

            For a program: an object per line.
              hookwire forward --to http://localhost:5000/ --json | jq .status

            The relay remembers under the --consumer name which events the server has answered. Whatever ends this \
            process or its connection, it goes on after them; a name that is new begins with what no client of the \
            bot has had. While the server is away, events wait.

            The exit code is 0 where it was stopped with Ctrl-C or SIGTERM, 1 where the relay refused, 2 where it \
            could not be reached within ten seconds from the start, and 64 for a mistake in the command.
            """
    )

    @OptionGroup(title: "Relay") var client: ClientOptions
    @OptionGroup(title: "Events") var selection: FilterOptions
    @OptionGroup(title: "Local server") var local: LocalServerOptions

    @Option(help: ArgumentHelp("Where the events go: the server's own address of the webhook.", valueName: "url"))
    var to: String

    @Option(help: ArgumentHelp("Under which name the relay remembers what is done.", valueName: "name"))
    var consumer = "forward"

    @Option(help: ArgumentHelp("How many events the server has at once; 1 keeps their order.", valueName: "count"))
    var concurrency = 1

    @Option(
        help: ArgumentHelp(
            "How often an event is sent to a server that takes it and does not answer.",
            valueName: "count"
        )
    )
    var attempts = 5

    @Flag(help: "Print an object per line.")
    var json = false

    func validate() throws {
        guard WebAddress(self.to) != nil else {
            throw ValidationError("--to must be an address such as http://localhost:5000/.")
        }
        guard (1...256).contains(self.concurrency) else { throw ValidationError("--concurrency is from 1 to 256.") }
        guard (1...1_000).contains(self.attempts) else { throw ValidationError("--attempts is from 1 to 1000.") }
        guard ConsumerName(self.consumer) != nil else {
            throw ValidationError("--consumer takes 1 to 64 letters, digits, '.', '_' and '-'.")
        }
    }

    func run() async throws {
        guard let local = WebAddress(self.to) else { return }
        let configuration = ForwardConfiguration(
            relay: try self.client.address(),
            key: try self.client.key(),
            local: local,
            consumer: self.consumer,
            filters: try self.selection.filters(),
            headers: try self.local.headers(),
            concurrency: self.concurrency,
            attempts: self.attempts,
            timeout: self.local.time,
            isInsecure: self.client.insecure,
            isLocalInsecure: self.local.insecureTo,
            printsJSON: self.json
        )
        let terminal = Terminal()
        try await ForwardRun.execute(relay: self.client.relay, terminal: terminal) { eventLoop in
            try ForwardRun(configuration, terminal: terminal, eventLoop: eventLoop)
        }
    }
}
