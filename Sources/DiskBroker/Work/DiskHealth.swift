// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// Whether the disk takes what it is given. Read from any thread, changed on the database's; that the disk hangs is found
/// on another.
final class DiskHealth: Sendable {
    /// For how long the disk may be at one thing, a read or a transaction, before it hangs.
    private static let patience = TimeAmount.seconds(10)

    /// Since when the database's thread has been at the present thing; nil where it rests.
    private let workingSince = Mutex<NIODeadline?>(nil)
    private let failure = Mutex<DiskFailure?>(nil)
    private let file: String
    private let metrics: DiskBrokerMetrics
    private let logger: Logger

    init(file: String, metrics: DiskBrokerMetrics, logger: Logger) {
        self.file = file
        self.metrics = metrics
        self.logger = logger
    }

    /// Why nothing is stored; nil where it is.
    var present: DiskFailure? { self.failure.withLock { $0 } }

    /// The same for an operator.
    var health: BrokerHealth { self.present.map { .unavailable($0.sentence(file: self.file)) } ?? .ready }

    /// The database thread starts a job: the previous one is done.
    func began(at time: NIODeadline) {
        self.workingSince.withLock { $0 = time }
    }

    /// The database's thread has done all of it.
    func ended() {
        self.workingSince.withLock { $0 = nil }
    }

    /// Whether the database's thread does not come back.
    func isHung(at time: NIODeadline) -> Bool {
        self.workingSince.withLock { $0.map { time - $0 >= Self.patience } ?? false }
    }

    /// A transaction failed; or what the disk is at does not end, which counts once however often it is found.
    func failed(_ failure: DiskFailure, _ error: (any Error)? = nil) {
        let isNews = self.failure.withLock { present in
            // A lasting failure is not replaced.
            guard present?.isLasting != true, present != failure else { return false }
            present = failure
            return true
        }
        if isNews || failure != .hung { self.metrics.failed(failure) }
        guard isNews else { return }
        self.logger.error(
            "\(failure.sentence(file: self.file)) Until then platforms are asked to send their events again.",
            metadata: ["reason": "\(failure.rawValue)", "error": "\(error.map { "\($0)" } ?? "none")"]
        )
    }

    /// A transaction succeeded.
    func succeeded() {
        let isNews = self.failure.withLock { present in
            guard let failure = present, !failure.isLasting else { return false }
            present = nil
            return true
        }
        if isNews { self.logger.notice("events are stored again", metadata: ["file": "\(self.file)"]) }
    }
}
