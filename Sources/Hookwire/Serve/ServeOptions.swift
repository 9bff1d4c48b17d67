// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of a node. All are text here: what they mean is decided where the environment's and the file's are too.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A YAML file with settings.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The address to listen on. (default: 0.0.0.0)", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The port to listen on; 0 takes a free one. (default: 8080)", valueName: "number"))
    var port: String?

    @Option(help: ArgumentHelp("How many event loops. (default: one a core)", valueName: "number"))
    var threads: String?

    @Option(help: ArgumentHelp("A PEM file with the certificate chain, to serve HTTPS.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("A PEM file with the certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error. (default: info)", valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "Over how long sockets are closed when the node is stopped. (default: 20s)",
            valueName: "time"
        )
    )
    var drain: String?

    @Option(help: ArgumentHelp("The largest webhook body. (default: 1MiB)", valueName: "size"))
    var bodyLimit: String?

    @Option(help: ArgumentHelp("How long a request's header may take. (default: 10s)", valueName: "time"))
    var headerTimeout: String?

    @Option(help: ArgumentHelp("How long a request's body may take. (default: 20s)", valueName: "time"))
    var bodyTimeout: String?

    @Option(help: ArgumentHelp("How long a connection may be idle between requests. (default: 75s)", valueName: "time"))
    var idleTimeout: String?

    @Option(
        help: ArgumentHelp(
            "How far a signed timestamp may be from this clock, either way. (default: 5m)",
            valueName: "time"
        )
    )
    var freshness: String?

    @Option(
        help: ArgumentHelp(
            "How signatures are checked: keyed, or standard, which costs thirty times as much. (default: keyed)",
            valueName: "check"
        )
    )
    var signatureCheck: String?

    @Option(help: ArgumentHelp("How many events a bot's log retains. (default: 1000)", valueName: "number"))
    var retentionCount: String?

    @Option(help: ArgumentHelp("How long an event is retained. (default: 1h)", valueName: "time"))
    var retentionAge: String?

    @Option(help: ArgumentHelp("How much memory all logs may take together. (default: 256MiB)", valueName: "size"))
    var memoryLimit: String?

    @Option(help: ArgumentHelp("How often a socket is pinged, in whole seconds. (default: 25s)", valueName: "time"))
    var pingInterval: String?

    @Option(
        help: ArgumentHelp("How long a client may take to answer, in whole seconds. (default: 10s)", valueName: "time")
    )
    var pongTimeout: String?

    @Option(help: ArgumentHelp("How much may wait to be sent to one client. (default: 1MiB)", valueName: "size"))
    var queueLimit: String?

    /// The flags that were given, by the names of their settings.
    var flags: [String: String?] {
        [
            "config": self.config, "host": self.host, "port": self.port, "threads": self.threads,
            "tls-cert": self.tlsCert, "tls-key": self.tlsKey, "log-level": self.logLevel, "drain": self.drain,
            "body-limit": self.bodyLimit, "header-timeout": self.headerTimeout, "body-timeout": self.bodyTimeout,
            "idle-timeout": self.idleTimeout, "freshness": self.freshness, "signature-check": self.signatureCheck,
            "retention-count": self.retentionCount, "retention-age": self.retentionAge,
            "memory-limit": self.memoryLimit, "ping-interval": self.pingInterval,
            "pong-timeout": self.pongTimeout, "queue-limit": self.queueLimit,
        ]
    }
}
