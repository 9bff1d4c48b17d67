// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of the load generator.
struct BenchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where events are posted; {secret} becomes the bot's secret. Repeat it to spread the connections.",
            valueName: "url"
        )
    )
    var webhook = ["http://127.0.0.1:8080/webhook?secret={secret}"]

    @Option(
        help: ArgumentHelp(
            "Where sockets connect; {secret} becomes the bot's secret. Repeat it to spread the sockets.",
            valueName: "url"
        )
    )
    var socket = ["ws://127.0.0.1:8080/ws?secret={secret}"]

    @Option(help: ArgumentHelp("How many bots.", valueName: "number"))
    var secrets = 1

    @Option(help: ArgumentHelp("How many sockets for each bot.", valueName: "number"))
    var sockets = 1

    @Option(help: ArgumentHelp("How many HTTP connections.", valueName: "number"))
    var connections = 32

    @Option(help: ArgumentHelp("How many requests may be unanswered on a connection.", valueName: "number"))
    var pipeline = 1

    @Option(
        help: ArgumentHelp(
            "Send so many events a second, however the server is doing; without it, each connection waits for an answer.",
            valueName: "number"
        )
    )
    var rate: Double?

    @Flag(help: "Open the sockets and hold them; send nothing.")
    var idle = false

    @Option(
        help: ArgumentHelp(
            "How many events to measure, at most with --duration. (default: 100000, or as --duration needs)",
            valueName: "number"
        )
    )
    var events: Int?

    @Option(
        help: ArgumentHelp(
            """
            How long to measure. With --rate, events for so long are sent, however long it takes; in a closed loop \
            without --events, 100,000 are signed for each second, which takes some seconds itself. \
            (default: until all events are sent; 10s with --rate or --idle)
            """,
            valueName: "time"
        )
    )
    var duration: String?

    @Option(
        help: ArgumentHelp(
            "How long to send before the figures begin; without --rate, at most a tenth of the events.",
            valueName: "time"
        )
    )
    var warmUp = "1s"

    @Option(help: ArgumentHelp("How long to wait for a straggler after the last sign of life.", valueName: "time"))
    var settle = "5s"

    @Option(help: ArgumentHelp("The bytes of an event's body.", valueName: "bytes"))
    var bodySize = 600

    @Flag(help: "Do not sign: for servers that verify nothing.")
    var unsigned = false

    @Option(help: ArgumentHelp("How many event loops the generator runs.", valueName: "number"))
    var threads = 1

    @Option(
        help: ArgumentHelp(
            "A server process whose CPU and memory are measured, as 123 or name=123. Repeatable.",
            valueName: "pid"
        )
    )
    var pid: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(name: .customLong("i-own-this-server"), help: "Allow addresses of other machines.")
    var iOwnThisServer = false
}
