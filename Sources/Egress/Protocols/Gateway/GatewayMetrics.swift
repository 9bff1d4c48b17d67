// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import Shared

/// An egress node's metrics and logs of gateway sessions. Confined to one event loop; the metrics are node-wide.
final class GatewayMetrics {
    let sockets: SocketMetrics
    private let logger: Logger
    private let identified = Counter(label: "hookwire_gateway_sessions_total", dimensions: [("start", "identify")])
    private let resumed = Counter(label: "hookwire_gateway_sessions_total", dimensions: [("start", "resume")])
    private let heartbeats = Counter(label: "hookwire_gateway_heartbeats_total")
    private let closes: [GatewayCloseReason: Counter]

    init(logger: Logger, tally: EgressTally = EgressTally()) {
        self.logger = logger
        self.sockets = SocketMetrics(logger: logger, tally: tally)
        self.closes = Dictionary(
            uniqueKeysWithValues: GatewayCloseReason.allCases.map { reason in
                (reason, Counter(label: "hookwire_gateway_closes_total", dimensions: [("reason", reason.rawValue)]))
            }
        )
    }

    func sessionIdentified() { self.identified.increment() }
    func sessionResumed() { self.resumed.increment() }
    func heartbeatAcknowledged() { self.heartbeats.increment() }

    /// Counts a session that this node ended, by its reason.
    func closed(_ reason: GatewayCloseReason, channel: ChannelID?) {
        self.closes[reason]?.increment()
        self.logger.debug(
            "a gateway session was closed",
            metadata: ["reason": "\(reason.rawValue)", "channel": "\(channel.map(\.description) ?? "none")"]
        )
    }
}
