// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import NIOCore
internal import Shared

/// A connection whose queue may be long.
protocol QueuedConnection: AnyObject {
    /// How many bytes have not been handed to the kernel yet; nil for a closed connection.
    var queuedBytes: Int? { get }
}

/// An egress node's metrics and logs of sockets. Confined to one event loop; the metrics are node-wide.
final class SocketMetrics {
    private let log: SampledLog
    private let tally: EgressTally
    private let open = Meter(label: "hookwire_sockets")
    private let openBySpeech: [SocketPresence.Speech: Meter]
    private let opens = Counter(label: "hookwire_sockets_opened_total")
    private let deliveries = Counter(label: "hookwire_deliveries_total")
    private let behind = Counter(label: "hookwire_sockets_fell_behind_total")
    private let caughtUp = Counter(label: "hookwire_sockets_caught_up_total")
    private let queued = Meter(label: "hookwire_socket_queue_bytes")
    private let recoveries = RecoveryMetrics()
    private let ends: [SocketEndReason: Counter]
    /// The connections above the high watermark; for up to a second also some that have closed.
    private var connectionsBehind: [ObjectIdentifier: any QueuedConnection] = [:]
    /// This loop's share of `queued`.
    private var queuedBytes = 0

    init(logger: Logger, tally: EgressTally = EgressTally()) {
        // A restart of a proxy ends thousands at once.
        self.log = SampledLog(logger, burst: 50, perSecond: 10)
        self.tally = tally
        self.openBySpeech = Dictionary(
            uniqueKeysWithValues: SocketPresence.Speech.allCases.map { speech in
                (speech, Meter(label: "hookwire_sockets_by_protocol", dimensions: [("protocol", speech.rawValue)]))
            }
        )
        self.ends = Dictionary(
            uniqueKeysWithValues: SocketEndReason.allCases.map { reason in
                (reason, Counter(label: "hookwire_sockets_ended_total", dimensions: [("reason", reason.rawValue)]))
            }
        )
    }

    /// Counts a socket that has opened.
    func opened(_ speech: SocketPresence.Speech) {
        self.tally.opened()
        self.opens.increment()
        self.open.increment()
        self.openBySpeech[speech]?.increment()
    }

    /// Counts a recovery, whether or not the protocol can announce it.
    func recovered(_ recovery: Recovery) {
        self.recoveries.announced(recovery)
    }

    /// Counts events that were written to a socket.
    func delivered(_ count: Int) {
        self.tally.delivered(count)
        self.deliveries.increment(by: count)
    }

    /// Counts a socket whose queue has grown above the high watermark, or has fallen below the low one again.
    func crossedWatermark(isBehind: Bool, _ connection: (any QueuedConnection)?) {
        (isBehind ? self.behind : self.caughtUp).increment()
        guard let connection else { return }
        self.connectionsBehind[ObjectIdentifier(connection)] = isBehind ? connection : nil
    }

    /// Sums up the long queues. Called once a second; sockets without one, which are most, are skipped.
    func lookAtQueues() {
        guard !self.connectionsBehind.isEmpty || self.queuedBytes > 0 else { return }
        var sum = 0
        for (key, connection) in self.connectionsBehind {
            if let bytes = connection.queuedBytes { sum += bytes } else { self.connectionsBehind[key] = nil }
        }
        self.queued.increment(by: Double(sum - self.queuedBytes))
        self.queuedBytes = sum
    }

    /// Counts and logs a socket that has ended, by its reason; `channel` is nil for one that did not identify.
    ///
    /// - Parameter opened: when it opened.
    func ended(
        _ speech: SocketPresence.Speech,
        since opened: NIODeadline,
        _ reason: SocketEndReason,
        channel: ChannelID?
    ) {
        self.tally.ended()
        self.open.decrement()
        self.openBySpeech[speech]?.decrement()
        self.ends[reason]?.increment()
        self.log.write(
            "a socket ended",
            metadata: [
                "reason": "\(reason.rawValue)", "protocol": "\(speech.rawValue)",
                "channel": "\(channel.map(\.description) ?? "none")",
                "seconds": "\((NIODeadline.now() - opened).nanoseconds / 1_000_000_000)",
            ]
        )
    }
}
