// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of every node, whatever its tier.
struct NodeOptions: SettingFlags {
    @Option(help: ArgumentHelp("A YAML file with settings.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The address to listen on. (default: 0.0.0.0)", valueName: "address"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            "The port to listen on; 0 takes a free one. (default: 8080, 8081 for egress)",
            valueName: "number"
        )
    )
    var port: String?

    @Option(help: ArgumentHelp("How many event loops. (default: one per core)", valueName: "number"))
    var threads: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file with the certificate chain, to serve HTTPS; read again when it changes.",
            valueName: "file"
        )
    )
    var tlsCert: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file with the certificate's private key; read again when it changes.",
            valueName: "file"
        )
    )
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. (default: info)",
            valueName: "level"
        )
    )
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "Over how long sockets are closed when the node is stopped. (default: 20s)",
            valueName: "time"
        )
    )
    var drain: String?

    @Option(
        help: ArgumentHelp("The largest request body that is not just passed on. (default: 1MiB)", valueName: "size")
    )
    var bodyLimit: String?

    @Option(help: ArgumentHelp("How long a request's header may take. (default: 10s)", valueName: "time"))
    var headerTimeout: String?

    @Option(
        help: ArgumentHelp(
            """
            How long a request's body may take, or each 64KiB where it is passed on, and a client's WebSocket message. \
            (default: 20s)
            """,
            valueName: "time"
        )
    )
    var bodyTimeout: String?

    @Option(
        help: ArgumentHelp("How long a connection may be idle between requests. (default: 75s)", valueName: "time")
    )
    var idleTimeout: String?

    var flags: [String: String?] {
        [
            "config": self.config, "host": self.host, "port": self.port, "threads": self.threads,
            "tls-cert": self.tlsCert, "tls-key": self.tlsKey, "log-level": self.logLevel, "drain": self.drain,
            "body-limit": self.bodyLimit, "header-timeout": self.headerTimeout, "body-timeout": self.bodyTimeout,
            "idle-timeout": self.idleTimeout,
        ]
    }
}
