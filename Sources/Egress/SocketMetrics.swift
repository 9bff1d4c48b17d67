// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import Shared

/// What an egress node counts and logs about its sockets. Belongs to one event loop; the numbers are the node's.
final class SocketMetrics {
    private let logger: Logger
    private let tally: EgressTally
    private let open = Meter(label: "hookwire_sockets")
    private let opens = Counter(label: "hookwire_sockets_opened_total")
    private let deliveries = Counter(label: "hookwire_deliveries_total")
    private let behind = Counter(label: "hookwire_sockets_fell_behind_total")
    private let caughtUp = Counter(label: "hookwire_sockets_caught_up_total")
    private let ends: [WebSocketEndReason: Counter]

    init(logger: Logger, tally: EgressTally = EgressTally()) {
        self.logger = logger
        self.tally = tally
        self.ends = Dictionary(
            uniqueKeysWithValues: WebSocketEndReason.allCases.map { reason in
                (reason, Counter(label: "hookwire_sockets_ended_total", dimensions: [("reason", reason.rawValue)]))
            }
        )
    }

    /// Counts a socket that has opened.
    func opened() {
        self.tally.opened()
        self.opens.increment()
        self.open.increment()
    }

    /// Counts events that were written to a socket.
    func delivered(_ count: Int) {
        self.tally.delivered(count)
        self.deliveries.increment(by: count)
    }

    /// Counts a socket whose queue has grown above the high watermark, or has fallen below the low one again.
    func crossedWatermark(isBehind: Bool) {
        (isBehind ? self.behind : self.caughtUp).increment()
    }

    /// Counts a socket that has ended, by its reason; `channel` is nil for one that did not say whose it is.
    func ended(_ reason: WebSocketEndReason, channel: ChannelID?) {
        self.tally.ended()
        self.open.decrement()
        self.ends[reason]?.increment()
        self.logger.debug(
            "a socket ended",
            metadata: ["reason": "\(reason.rawValue)", "channel": "\(channel.map(\.description) ?? "none")"]
        )
    }
}
