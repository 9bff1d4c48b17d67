// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import NIOCore
internal import Shared

/// An ingress node's metrics: every webhook request by its outcome. Confined to one event loop.
///
/// The outcomes are the cases of enums, as the reason of a `Problem` is, so their number is bounded.
final class IngressMetrics {
    private let platform: String
    /// Cached, since every event increments it.
    private let stored: Counter
    /// By the raw value of an enum's case.
    private var counters: [String: Counter] = [:]
    private var waits: [WaitOutcome: Counter] = [:]
    private let verification: Timer
    private let publication: Timer
    private let replyWait: Timer

    init(platform: String) {
        self.platform = platform
        let dimensions = [("platform", platform)]
        self.verification = Timer(label: "hookwire_verification_seconds", dimensions: dimensions)
        self.publication = Timer(label: "hookwire_publish_seconds", dimensions: dimensions)
        self.replyWait = Timer(label: "hookwire_reply_wait_seconds", dimensions: dimensions)
        self.stored = Self.counter(WebhookOutcome.stored.rawValue, of: platform)
        let others = WebhookOutcome.allCases.filter { $0 != .stored }.map(\.rawValue)
        for outcome in others + BrokerError.allCases.map(\.rawValue) {
            self.counters[outcome] = Self.counter(outcome, of: self.platform)
        }
        for outcome in WaitOutcome.allCases { self.waits[outcome] = self.waitCounter(outcome) }
    }

    /// Records how long it took to verify a request.
    ///
    /// - Returns: the time.
    func verified(since start: NIODeadline) -> NIODeadline {
        let now = NIODeadline.now()
        self.verification.recordNanoseconds((now - start).nanoseconds)
        return now
    }

    /// Records how long the broker took for an event, whatever the outcome.
    func published(since start: NIODeadline) {
        self.publication.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    /// Records how long a request waited for its reply.
    func replied(since start: NIODeadline) {
        self.replyWait.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    /// Counts an event that the broker accepted.
    func published(_ publication: Publication) {
        switch publication {
        case .stored: self.stored.increment()
        case .duplicate: self.count(WebhookOutcome.duplicate.rawValue)
        }
    }

    /// Counts a request that was answered and was not an event.
    func answered() {
        self.count(WebhookOutcome.answered.rawValue)
    }

    /// Counts a request that was refused.
    func refused(_ problem: Problem) {
        self.count(problem.reason)
    }

    /// Counts a request whose event was beyond its bot's limit, or could not be stored.
    func refused(_ reason: some RawRepresentable<String>) {
        self.count(reason.rawValue)
    }

    /// Counts a request that waited for a reply, by how that ended.
    func waited(_ outcome: WaitOutcome) {
        self.waits[outcome]?.increment()
    }

    private func waitCounter(_ outcome: WaitOutcome) -> Counter {
        Counter(
            label: "hookwire_reply_waits_total",
            dimensions: [("platform", self.platform), ("outcome", outcome.rawValue)]
        )
    }

    private func count(_ outcome: String) {
        if let counter = self.counters[outcome] {
            counter.increment()
        } else {
            let counter = Self.counter(outcome, of: self.platform)
            self.counters[outcome] = counter
            counter.increment()
        }
    }

    private static func counter(_ outcome: String, of platform: String) -> Counter {
        Counter(
            label: "hookwire_webhook_requests_total",
            dimensions: [("platform", platform), ("outcome", outcome)]
        )
    }
}
