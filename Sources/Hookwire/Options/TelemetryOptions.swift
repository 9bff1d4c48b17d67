// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A node's telemetry flags.
struct TelemetryOptions: SettingFlags {
    @Option(help: ArgumentHelp("How log lines are written: text or json. (default: text)", valueName: "format"))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            """
            Where traces are sent: the address of a collector that takes OTLP over HTTP, such as \
            http://localhost:4318, to which /v1/traces is added where it is not there. (default: nowhere)
            """,
            valueName: "url"
        )
    )
    var otlpEndpoint: String?

    @Option(
        help: ArgumentHelp(
            "Which share of the requests begin a trace that bring none, from 0 to 1. (default: 1)",
            valueName: "share"
        )
    )
    var traceSample: String?

    var flags: [String: String?] {
        ["log-format": self.logFormat, "otlp-endpoint": self.otlpEndpoint, "trace-sample": self.traceSample]
    }
}
